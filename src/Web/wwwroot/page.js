// What pages need of the browser and Blazor does not have.
window.studioPage = {
  toTop(element) {
    element?.scrollTo({ top: 0, behavior: "smooth" });
  },
  // Sideways only: the page stays where it is.
  showCurrent(list) {
    const item = list?.querySelector("[aria-current=page]");
    if (item) {
      list.scrollLeft = item.offsetLeft - list.offsetLeft - (list.clientWidth - item.clientWidth) / 2;
    }
  },
  kept(key) {
    try {
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  },
  keep(key, value) {
    try {
      localStorage.setItem(key, value);
    } catch {
      // Without storage it holds for this page only.
    }
  },
};
