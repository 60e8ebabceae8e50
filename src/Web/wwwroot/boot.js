// Starts the circuit, notices a dead connection early, and keeps trying for as long as the page is open.
(() => {
  const banner = document.getElementById("components-reconnect-modal");
  const button = banner.querySelector("button");
  const interval = 5000;
  let state = "hide";
  let again;

  const show = next => {
    state = next;
    banner.dataset.state = next;
    for (const element of banner.querySelectorAll("[data-for]")) {
      element.hidden = !element.dataset.for.split(" ").includes(next);
    }
  };

  const retry = async () => {
    button.disabled = true;
    try {
      // False says that the studio answers but no longer holds this page: then the page is taken up again, or loaded anew.
      if (await Blazor.reconnect() || await Blazor.resumeCircuit()) {
        show("hide");
      } else {
        location.reload();
      }
    } catch {
      show("failed");
      clearTimeout(again);
      again = setTimeout(() => state === "failed" && retry(), interval);
    } finally {
      button.disabled = false;
    }
  };

  banner.addEventListener("components-reconnect-state-changed", event => {
    if (event.detail.state === "rejected") {
      retry();
    } else {
      show(event.detail.state);
    }
  });
  button.addEventListener("click", retry);
  addEventListener("online", () => state !== "hide" && retry());
  document.addEventListener("visibilitychange", () => state === "failed" && document.visibilityState === "visible" && retry());

  Blazor.start({
    circuit: {
      configureSignalR: builder => builder.withServerTimeout(15000).withKeepAliveInterval(5000),
      reconnectionOptions: { maxRetries: 100000, retryIntervalMilliseconds: attempt => Math.min(500 * 2 ** attempt, interval) },
    },
  });
})();
