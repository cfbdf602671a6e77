// The page's policy lets no text become markup. ECharts clears its box with `innerHTML = ""`: that alone is allowed.
interface PolicyFactory {
  createPolicy(name: string, rules: { createHTML: (text: string) => string }): unknown;
}

const factory = (window as { trustedTypes?: PolicyFactory }).trustedTypes;
factory?.createPolicy("default", {
  createHTML: (text) => {
    if (text === "") return text;
    throw new TypeError("markup from text is not allowed on this page");
  },
});
