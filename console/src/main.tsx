import { render } from "preact";
import { App } from "./app";
import { openTab } from "./session";
import "./ui/base.css";

void openTab();
render(<App />, document.getElementById("root") as HTMLElement);
