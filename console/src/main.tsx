import "./ui/base.css";
import { render } from "preact";
import { App } from "./app";
import { openTab } from "./session";

void openTab();
render(<App />, document.getElementById("root") as HTMLElement);
