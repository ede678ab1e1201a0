"""Tables of many APIs, in the words of each: a path of a host leads to a function, and each function has an upstream of its own. All ask the
same, but that methods are only looked at by those whose rules have a word for them: Envoy, Caddy, Traefik and fngate."""

import dataclasses
import json

# The most services, each of which has a host of its own.
SERVICES = 100
# Idle connections that are kept to each function, by those who have to be told: as many as there are clients.
KEPT = 64


@dataclasses.dataclass
class Place:
    """Where a proxy listens, and where its operator and its functions are: addresses and a folder."""

    folder: str
    address: str
    admin: str
    origin: str


@dataclasses.dataclass
class Table:
    """So many APIs, and one more that no other edition has."""

    count: int
    edition: int = 0

    @property
    def functions(self) -> int:
        return max(1, self.count // 10)

    def api(self, number: int) -> tuple:
        """Host and path."""
        return f"s{number % min(SERVICES, self.count)}.test", f"/shop/item{number}"

    def last(self) -> tuple:
        return self.api(self.count - 1)

    def newest(self) -> tuple:
        """That which no other edition has."""
        return self.api(0)[0], f"/shop/edition{self.edition}"

    def hosts(self) -> dict:
        """Functions by path, by host."""
        hosts = {}
        for number in range(self.count):
            host, path = self.api(number)
            hosts.setdefault(host, {})[path] = f"f{number % self.functions}"
        host, path = self.newest()
        hosts[host][path] = "f0"
        return hosts

    def names(self) -> list:
        return [f"f{number}" for number in range(self.functions)]


def by_function(paths: dict) -> dict:
    """The paths of a host by function."""
    functions = {}
    for path, name in paths.items():
        functions.setdefault(name, []).append(path)
    return functions


def nginx(place: Place, table: Table) -> dict:
    """Blocks of servers, and exact locations: fast for a request."""
    lines = []
    for number, (host, paths) in enumerate(table.hosts().items()):
        lines += ["server {", f"listen {place.address}{'' if number else ' reuseport'};", f"server_name {host};", "location / { return 404; }"]
        lines += [f"location = {path} {{ proxy_pass http://{name}; }}" for path, name in paths.items()]
        lines.append("}")
    return nginx_with(place, table, lines)


def nginx_map(place: Place, table: Table) -> dict:
    """A map from host and path to the upstream, which is then looked for in the list of all: fast to load."""
    lines = [f"map_hash_max_size {max(2048, 2 * table.count)};", "map_hash_bucket_size 128;", "map $host$uri $function {"]
    lines += [f"{host}{path} {name};" for host, paths in table.hosts().items() for path, name in paths.items()]
    lines += ["}", f"server {{ listen {place.address} reuseport;", 'location / { if ($function = "") { return 404; } proxy_pass http://$function; } }']
    return nginx_with(place, table, lines)


def nginx_with(place: Place, table: Table, rules: list) -> dict:
    lines = [
        "daemon off;", "worker_processes 2;", f"pid {place.folder}/nginx.pid;", f"error_log {place.folder}/nginx.log crit;",
        "events { worker_connections 8192; }", "http {", "access_log off;", "keepalive_requests 100000000;", "keepalive_timeout 300s;",
        "proxy_http_version 1.1;", "proxy_buffering off;", "proxy_request_buffering off;", "client_max_body_size 0;",
        'proxy_set_header Connection "";', "proxy_set_header Host $http_host;",
    ]
    kept = f"keepalive {KEPT}; keepalive_requests 100000000; keepalive_timeout 300s;"
    lines += [f"upstream {name} {{ server {place.origin}; {kept} }}" for name in table.names()]
    return {"nginx.conf": "\n".join([*lines, *rules, "}"]) + "\n"}


def haproxy(place: Place, table: Table) -> dict:
    """A map from host and path to the backend: a look-up in a tree."""
    lines = [
        "global", "nbthread 2", "maxconn 8000",
        "defaults", "mode http", "timeout connect 5s", "timeout client 75s", "timeout server 60s", "option http-keep-alive", "option http-no-delay", "http-reuse always",
        "frontend clients", f"bind {place.address}", f"use_backend %[base,map_str({place.folder}/apis.map)]", "default_backend nobody",
        "backend nobody", "http-request return status 404",
    ]
    lines += [line for name in table.names() for line in (f"backend {name}", f"server origin {place.origin}")]
    apis = [f"{host}{path} {name}" for host, paths in table.hosts().items() for path, name in paths.items()]
    return {"apis.map": "\n".join(apis) + "\n", "haproxy.cfg": "\n".join(lines) + "\n"}


def envoy(place: Place, table: Table) -> dict:
    """Virtual hosts with exact paths. The routes are a file of their own, as from a control plane; the clusters stay. A map of paths (a tree of
    matchers) takes about as much for a request, and more than twice as long to load."""
    kind = "type.googleapis.com/envoy"
    get = [{"name": ":method", "string_match": {"exact": "GET"}}]
    virtual = [
        {
            "name": host, "domains": [host],
            "routes": [{"match": {"path": path, "headers": get}, "route": {"cluster": name, "timeout": "15s"}} for path, name in paths.items()],
        }
        for host, paths in table.hosts().items()
    ]
    routes = {"@type": f"{kind}.config.route.v3.RouteConfiguration", "name": "apis", "virtual_hosts": virtual}
    source = {"resource_api_version": "V3", "path_config_source": {"path": f"{place.folder}/routes.json", "watched_directory": {"path": place.folder}}}
    clients = {
        "@type": f"{kind}.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "clients", "rds": {"route_config_name": "apis", "config_source": source},
        "http_filters": [{"name": "router", "typed_config": {"@type": f"{kind}.extensions.filters.http.router.v3.Router", "suppress_envoy_headers": True}}],
    }
    clusters = [
        {
            "name": name, "connect_timeout": "5s",
            "circuit_breakers": {"thresholds": [{"max_connections": 4096, "max_pending_requests": 8192, "max_requests": 8192}]},
            "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [{"endpoint": {"address": socket(place.origin)}}]}]},
        }
        for name in table.names()
    ]
    listener = {"address": socket(place.address), "enable_reuse_port": True, "filter_chains": [{"filters": [{"name": "http", "typed_config": clients}]}]}
    return {
        "routes.json": json.dumps({"version_info": str(table.edition), "resources": [routes]}),
        "envoy.json": json.dumps({"node": {"id": "bench", "cluster": "bench"}, "static_resources": {"listeners": [listener], "clusters": clusters}}),
    }


def socket(address: str) -> dict:
    host, port = address.split(":")
    return {"socket_address": {"address": host, "port_value": int(port)}}


def caddy(place: Place, table: Table) -> dict:
    """A route for each host, and in it one for each function with all of its paths."""
    transport = {"protocol": "http", "versions": ["1.1"], "compression": False, "keep_alive": {"max_idle_conns_per_host": 1024}}
    routes = []
    for host, paths in table.hosts().items():
        inner = [
            {
                "match": [{"method": ["GET"], "path": of_one}], "terminal": True,
                "handle": [{"handler": "reverse_proxy", "upstreams": [{"dial": place.origin}], "transport": transport}],
            }
            for of_one in by_function(paths).values()
        ]
        routes.append({"match": [{"host": [host]}], "terminal": True, "handle": [{"handler": "subroute", "routes": [*inner, NOBODY]}]})
    server = {"listen": [place.address], "protocols": ["h1"], "automatic_https": {"disable": True}, "routes": [*routes, NOBODY]}
    text = {
        "admin": {"listen": place.admin, "config": {"persist": False}},
        "logging": {"logs": {"default": {"writer": {"output": "discard"}}}},
        "apps": {"http": {"servers": {"clients": server}}},
    }
    return {"caddy.json": json.dumps(text)}


# What Caddy says of a path that has no route, where it would say nothing with 200.
NOBODY = {"handle": [{"handler": "static_response", "status_code": 404}]}


def traefik(place: Place, table: Table) -> dict:
    """A router for each function of a host with all of its paths, in TOML, which it reads faster than YAML."""
    parts = [f'[[http.services.{name}.loadBalancer.servers]]\nurl = "http://{place.origin}"\n' for name in table.names()]
    for host, paths in table.hosts().items():
        for name, of_one in by_function(paths).items():
            rule = f"Host(`{host}`) && Method(`GET`) && ({' || '.join(f'Path(`{path}`)' for path in of_one)})"
            parts.append(f'[http.routers.{host.split(".")[0]}-{name}]\nrule = "{rule}"\nservice = "{name}"\n')
    return {"routes.toml": "".join(parts)}


def fngate(place: Place, table: Table) -> dict:
    parts = [f'[gateway]\nworkers = 2\n[[listener]]\naddress = "{place.address}"\n[admin]\naddress = "{place.admin}"\n[log]\naccess = "off"\n']
    parts += [f'[[function]]\nname = "{name}"\ninstances = ["http://{place.origin}"]\n' for name in table.names()]
    for host, paths in table.hosts().items():
        parts.append(f'[[service]]\nname = "{host.split(".")[0]}"\nhosts = ["{host}"]\n')
        parts += [f'[[service.api]]\npath = "={path}"\nmethod = "GET"\nfunction = "{name}"\n' for path, name in paths.items()]
    return {"fngate.toml": "".join(parts)}
