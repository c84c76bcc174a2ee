// The look lives in the shadow root, so the shop's rules and ours never meet.
// It is put there as a constructed sheet, which a strict style-src allows.
export const style = `
:host { all: initial; }
* { box-sizing: border-box; }
.root { --accent: #2457a6; --bad: #c62828; --quiet: #5a6577; --ink: #1c2430; --soft: #f1f3f6; --line: #d9dee6; --paper: #fff; position: fixed; inset: auto 20px 20px auto; z-index: 2147483000; color: var(--ink); font: 15px/1.45 system-ui, -apple-system, "Segoe UI", "Apple SD Gothic Neo", "Noto Sans KR", "Malgun Gothic", sans-serif; }
button, textarea { font: inherit; color: inherit; }
button { cursor: pointer; }
:focus-visible { outline: 3px solid #f2a33a; outline-offset: 2px; }
.quiet { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.launcher { position: relative; display: grid; place-items: center; width: 56px; height: 56px; margin-left: auto; border: 0; border-radius: 50%; background: var(--accent); color: #fff; box-shadow: 0 4px 16px rgb(0 0 0 / .25); }
.badge { position: absolute; top: -4px; right: -4px; min-width: 22px; padding: 0 6px; border-radius: 11px; background: #c62828; color: #fff; font-size: 13px; line-height: 22px; text-align: center; }
.panel { display: flex; flex-direction: column; width: 370px; height: min(580px, calc(100vh - 120px)); margin-bottom: 12px; overflow: hidden; border: 1px solid var(--line); border-radius: 14px; background: var(--paper); box-shadow: 0 10px 40px rgb(0 0 0 / .22); }
header { display: flex; align-items: center; justify-content: space-between; gap: 8px; padding: 10px 10px 10px 16px; background: var(--accent); color: #fff; }
h2 { flex: 1; margin: 0; font-size: 16px; font-weight: 600; overflow-wrap: anywhere; }
.plain { display: grid; place-items: center; width: 36px; height: 36px; border: 0; border-radius: 8px; background: transparent; color: inherit; }
.end { flex: none; min-height: 30px; padding: 2px 12px; border: 1px solid currentColor; border-radius: 15px; background: transparent; color: inherit; font-size: 13px; }
.ending { display: flex; flex-wrap: wrap; justify-content: flex-end; gap: 8px; padding: 10px 14px; border-top: 1px solid var(--line); background: var(--soft); }
.ending p { flex-basis: 100%; margin: 0; }
.ending button { min-height: 38px; padding: 4px 14px; border: 1px solid #8a94a5; border-radius: 10px; background: var(--paper); }
.ending .yes { border-color: var(--bad); color: var(--bad); }
.ended { margin: 4px 0 14px; color: var(--quiet); font-size: 13px; text-align: center; }
.notice { margin: 0; padding: 6px 16px; background: #fff4d6; font-size: 13px; }
.list { flex: 1; overflow-y: auto; padding: 12px 14px; overscroll-behavior: contain; }
.greeting { margin: 4px 0 14px; color: var(--quiet); text-align: center; white-space: pre-wrap; overflow-wrap: anywhere; }
.older { display: block; margin: 0 auto 10px; padding: 4px 12px; border: 1px solid var(--line); border-radius: 14px; background: var(--paper); font-size: 13px; }
.row { display: flex; flex-direction: column; align-items: flex-start; margin-bottom: 10px; }
.mine { align-items: flex-end; }
.who, .when { color: var(--quiet); font-size: 12px; }
.bubble { max-width: 85%; padding: 8px 12px; border-radius: 12px; background: var(--soft); white-space: pre-wrap; overflow-wrap: anywhere; }
.mine .bubble { background: var(--accent); color: #fff; }
.bubble a { color: inherit; }
.file { display: block; margin-top: 4px; text-decoration: underline; }
.replies { display: flex; flex-wrap: wrap; gap: 6px; max-width: 100%; margin-top: 6px; }
.replies button { min-width: 42px; min-height: 38px; padding: 4px 12px; border: 1px solid #8a94a5; border-radius: 19px; background: var(--paper); color: var(--ink); overflow-wrap: anywhere; }
.replies button:hover:enabled { border-color: var(--ink); background: var(--soft); }
.replies button:disabled { opacity: .45; cursor: default; }
.again { margin-left: 6px; min-height: 24px; padding: 0 8px; border: 1px solid currentColor; border-radius: 8px; background: var(--paper); color: var(--bad); font-size: 12px; }
.typing { margin: 0; color: var(--quiet); font-size: 13px; }
.composer { display: flex; flex-wrap: wrap; align-items: flex-end; gap: 8px; padding: 10px; border-top: 1px solid var(--line); }
.over { flex-basis: 100%; margin: 0; color: var(--bad); font-size: 13px; }
textarea::placeholder { color: var(--quiet); opacity: 1; }
textarea { flex: 1; min-width: 0; min-height: 42px; max-height: 140px; padding: 9px 12px; border: 1px solid #8a94a5; border-radius: 10px; background: var(--paper); resize: none; }
.send { display: grid; place-items: center; width: 42px; height: 42px; border: 0; border-radius: 10px; background: var(--accent); color: #fff; }
.send:disabled { opacity: .45; cursor: default; }
@media (max-width: 480px) {
  .root { inset: auto 12px 12px auto; }
  .panel { position: fixed; inset: 0; width: auto; height: auto; margin: 0; border: 0; border-radius: 0; }
  .launcher.opened { display: none; }
  textarea { font-size: 16px; }
}
@media (prefers-color-scheme: dark) {
  .root { --bad: #ff8f87; --quiet: #a9b4c4; --ink: #e8ecf2; --soft: #2b333f; --line: #3b4553; --paper: #1b212a; }
  .notice { background: #4a3c14; }
}
`;
