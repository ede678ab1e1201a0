"""Judges a file by the schema of those who read it, and prints it as JSON: judge.py KIND FILE.

What is wrong goes to standard error, a line each, and the exit code is 1.
"""

import json
import re
import sys

import yaml

# The oldest that has what is used, and the newest that there is a schema of.
KUBERNETES = ["1.30", "1.37"]


def lost(written, read, path=""):
    """What a model has not taken over from what was written: it does not know it."""
    if isinstance(written, dict) and isinstance(read, dict):
        for key, value in written.items():
            if key not in read:
                yield f"{path}.{key}: unknown"
            else:
                yield from lost(value, read[key], f"{path}.{key}")
    elif isinstance(written, list) and isinstance(read, list) and len(written) == len(read):
        for index, (one, other) in enumerate(zip(written, read)):
            yield from lost(one, other, f"{path}[{index}]")
    elif written != read:
        yield f"{path}: {written!r} is taken for {read!r}"


def kubernetes(text):
    import kubernetes_validate
    from cloudcoil.models.prometheus_operator import v1

    resources = list(yaml.safe_load_all(text))
    wrong = []
    for resource in resources:
        name = f"{resource['kind']} {resource['metadata']['name']}"
        if resource["apiVersion"] == "monitoring.coreos.com/v1":
            read = getattr(v1, resource["kind"]).model_validate(resource)
            read = read.model_dump(mode="json", by_alias=True, exclude_unset=True)
            wrong += [f"{name}: {what}" for what in lost(resource, read)]
            continue
        for version in KUBERNETES:
            try:
                kubernetes_validate.validate(resource, version, strict=True)
            except kubernetes_validate.ValidationError as error:
                wrong.append(f"{name}, Kubernetes {version}: {error.json_path}: {error.message}")
    return resources, wrong


def compose(text):
    import compose_spec

    # Variables are replaced first: ${NAME:-value}, and ${NAME:?message} where there has to be one.
    text = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)
    text = re.sub(r"\$\{\w+:\?[^}]*\}", "given", text)
    options = compose_spec.PyOptions()
    options.apply_merge = True
    try:
        read = options.from_yaml(text)
        read.validate()
    except ValueError as error:
        return None, [str(error)]
    return yaml.safe_load(text), []


def dashboard(text):
    from grafana_foundation_sdk.cog import plugins
    from grafana_foundation_sdk.cog.encoder import JSONEncoder
    from grafana_foundation_sdk.models.dashboard import Dashboard

    plugins.register_default_plugins()
    written = json.loads(text)
    read = json.loads(json.dumps(Dashboard.from_json(written), cls=JSONEncoder))
    return written, list(lost(written, read))


def plain(text):
    return yaml.safe_load(text), []


KINDS = {"kubernetes": kubernetes, "compose": compose, "dashboard": dashboard, "yaml": plain}


def main():
    kind, path = sys.argv[1:]
    with open(path, encoding="utf-8") as file:
        read, wrong = KINDS[kind](file.read())
    for line in wrong:
        print(line, file=sys.stderr)
    json.dump(read, sys.stdout)
    sys.exit(bool(wrong))


main()
