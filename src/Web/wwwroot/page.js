// What pages need of the browser and Blazor does not have.
window.studioPage = {
  toTop(element) {
    element?.scrollTo({ top: 0, behavior: "smooth" });
  },
};
