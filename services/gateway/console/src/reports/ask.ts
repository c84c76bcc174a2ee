// Goes to a report.
import { go } from "../core/route";
import { formatQuestion, type Question } from "./question";

/** Goes to the report that a question asks for. */
export const ask = (q: Question, replace = false): void => go({ view: { kind: "all" }, reports: formatQuestion(q) }, replace);
