// The three panels: the same small page at three origins, so that each has its own connections.

const patience = 5000; // ms; a frame whose certificate is not trusted shows nothing, and nothing tells so

const { other, secure } = await (await fetch("/limits/origins")).json();
show("native", other);
show("shared", location.origin);
show("secure", secure);

function show(way, origin) {
  const panel = new URL(`/limits/panel.html?way=${way}`, origin);
  document.getElementById(way).src = panel;
  if (way !== "secure") {
    return;
  }

  document.getElementById("secure-link").href = panel;
  const giveUp = setTimeout(() => setTrusted(false), patience);
  addEventListener("message", (event) => {
    if (event.origin === origin && event.data === "ready") {
      clearTimeout(giveUp);
      setTrusted(true);
    }
  });
}

function setTrusted(isTrusted) {
  const frame = document.getElementById("secure");
  frame.hidden = !isTrusted;
  frame.parentElement.setAttribute("aria-busy", "false");
  document.getElementById("untrusted").hidden = isTrusted;
}
