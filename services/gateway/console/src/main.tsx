import { render } from "preact";
import { language } from "./i18n";
import { followLocation } from "./core/route";
import { boot, enter } from "./core/store";
import { App } from "./ui/App";
import "./styles/base.css";
import "./styles/shell.css";
import "./styles/thread.css";
import "./styles/parts.css";
import "./styles/work.css";
import "./styles/board.css";
import "./styles/manage.css";

document.documentElement.lang = language.value;
followLocation();
boot();
void enter();
render(<App />, document.getElementById("app")!);
