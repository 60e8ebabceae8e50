// Runs before the first paint: the colours are the person's choice, or else the system's.
(() => {
  const key = "studio-theme";
  const system = matchMedia("(prefers-color-scheme: dark)");
  const choice = () => {
    try {
      return localStorage.getItem(key) ?? "system";
    } catch {
      return "system";
    }
  };
  const apply = () => {
    const chosen = choice();
    const theme = chosen === "system" ? (system.matches ? "dark" : "light") : chosen;
    if (document.documentElement.dataset.theme !== theme) {
      document.documentElement.dataset.theme = theme;
      document.dispatchEvent(new CustomEvent("studio-theme", { detail: theme }));
    }
  };
  system.addEventListener("change", apply);
  addEventListener("storage", event => event.key === key && apply());
  window.studioTheme = {
    choose(value) {
      try {
        localStorage.setItem(key, value);
      } catch {
        // Without storage the choice holds for this page only.
      }
      apply();
    },
  };
  apply();
})();
