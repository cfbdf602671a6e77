(function () {
  var root = document.documentElement;
  var buttons = document.querySelectorAll("nav button");
  function speak(language) {
    root.dataset.language = language;
    root.lang = language;
    var title = document.querySelector("h1 [data-l='" + language + "']");
    document.title = title.textContent + " · patron";
    buttons.forEach(function (button) {
      button.setAttribute("aria-pressed", String(button.value === language));
    });
  }
  var asked = navigator.language.toLowerCase();
  var chinese = /-(hant|tw|hk|mo)/.test(asked) ? "zh-Hant" : "zh-Hans";
  speak(asked.indexOf("zh") === 0 ? chinese : "en");
  buttons.forEach(function (button) {
    button.addEventListener("click", function () {
      speak(button.value);
    });
  });
})();
