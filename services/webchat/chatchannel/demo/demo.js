// The part of a shop's page that tells the chat who its customer is. In a real
// shop the server signs the id of whoever has signed in there; here the demo
// server signs whatever is typed.
(function () {
  "use strict";
  var inbox = document.currentScript.dataset.inbox;
  var state = document.getElementById("state");
  document.getElementById("identity").addEventListener("submit", function (event) {
    event.preventDefault();
    var user = document.getElementById("user").value.trim();
    fetch("/demo/" + encodeURIComponent(inbox) + "/identity", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ user_id: user }),
    })
      .then(function (response) {
        if (!response.ok) throw new Error("refused with " + response.status);
        return response.json();
      })
      .then(function (identity) {
        window.TributaryChat.identify({ userId: identity.user_id, hmac: identity.hmac });
        state.textContent = "Signed in as customer " + identity.user_id + ".";
      })
      .catch(function (error) {
        state.textContent = "Not signed in: " + error.message + ".";
      });
  });
  document.getElementById("out").addEventListener("click", function () {
    window.TributaryChat.signOut();
    state.textContent = "Not signed in: the chat knows only this browser.";
  });
})();
