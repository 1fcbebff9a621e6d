// The rules of the page's script; `eslint --config` finds the packages beside this file.
import js from "@eslint/js";

const browser = [
  "addEventListener", "atob", "Blob", "btoa", "clearInterval", "clearTimeout", "CompressionStream", "console", "DecompressionStream",
  "document", "DOMParser", "getComputedStyle", "history", "location", "matchMedia", "navigator", "performance",
  "requestAnimationFrame", "ResizeObserver", "Response", "self", "setInterval", "setTimeout", "TextDecoder", "TextEncoder",
  "URL", "window", "Worker", "XMLSerializer", "gradbookBytes", "gradbookEngine", "gradbookOpening",
];

export default [
  js.configs.recommended,
  {
    languageOptions: {
      ecmaVersion: 2024, sourceType: "module",
      globals: Object.fromEntries(browser.map((name) => [name, "readonly"])),
    },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      eqeqeq: "error", "no-eval": "error", "no-implied-eval": "error", "no-new-func": "error", "no-var": "error",
      "prefer-const": "error", "no-unused-vars": "error", "no-shadow": "error", "max-depth": ["error", 5],
      "no-restricted-properties": [
        "error",
        ...["innerHTML", "outerHTML", "insertAdjacentHTML"].map((property) => ({
          property, message: "Text of a workbook must never become markup: use make() and textContent.",
        })),
        { object: "document", property: "write", message: "Text of a workbook must never become markup." },
      ],
      "no-restricted-syntax": [
        "error",
        {
          selector: "CallExpression[callee.name=/^(svg|make)$/] Property[key.name='style']",
          message: "The page's policy blocks a style attribute: give it a class.",
        },
      ],
      "no-restricted-globals": ["error", "fetch", "XMLHttpRequest", "WebSocket", "localStorage"],
    },
  },
];
