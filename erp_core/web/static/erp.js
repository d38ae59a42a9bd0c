/* What pages do beyond HTML. Each part finds its own elements by data attributes and works alone;
   without JavaScript every page still works. */
(function () {
  "use strict";

  var all = function (selector, root) {
    return Array.from((root || document).querySelectorAll(selector));
  };
  var typing = function (element) {
    return element && element.closest && element.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");
  };

  /* Badges: a state in words that opens its explanation on hover, focus, click or Enter; Esc closes it.
     A click pins it open. Delegated, so that badges which arrive later work too. */
  var badges = (function () {
    var open = null;
    var pinned = false;
    var timer = 0;

    function panel(badge) {
      return badge.parentElement.querySelector(".erp-badge-panel");
    }
    function show(badge) {
      window.clearTimeout(timer);
      if (open === badge) return;
      hide();
      open = badge;
      badge.setAttribute("aria-expanded", "true");
      panel(badge).hidden = false;
      place(badge);
    }
    /* Below the badge, or above it where there is more room; never outside of the window, never cut off by a table that
       scrolls. On a phone the style sheet puts it at the bottom. */
    function place(badge) {
      var box = panel(badge);
      var gap = 6;
      box.style.left = box.style.top = "";
      if (window.matchMedia("(max-width: 767.98px)").matches) return;
      var at = badge.getBoundingClientRect();
      var width = box.offsetWidth;
      var height = box.offsetHeight;
      var top = at.bottom + gap;
      if (top + height > window.innerHeight - 8 && at.top - gap - height > 8) top = at.top - gap - height;
      box.style.left = Math.max(8, Math.min(at.left, window.innerWidth - width - 16)) + "px";
      box.style.top = top + "px";
    }
    function follow() {
      if (open) place(open);
    }
    window.addEventListener("scroll", follow, { capture: true, passive: true });
    window.addEventListener("resize", follow);
    function hide() {
      window.clearTimeout(timer);
      if (!open) return;
      open.setAttribute("aria-expanded", "false");
      panel(open).hidden = true;
      open = null;
      pinned = false;
    }
    function box(event) {
      return event.target.closest && event.target.closest(".erp-badge-box");
    }
    function badgeOf(element) {
      var badge = element && element.querySelector(".erp-badge");
      return badge && panel(badge) ? badge : null;
    }
    document.addEventListener("mouseover", function (event) {
      var badge = badgeOf(box(event));
      if (badge && !pinned) show(badge);
      else if (badge && badge === open) window.clearTimeout(timer);
    });
    document.addEventListener("mouseout", function (event) {
      if (!open || pinned || !box(event)) return;
      if (event.relatedTarget && open.parentElement.contains(event.relatedTarget)) return;
      timer = window.setTimeout(hide, 200);
    });
    document.addEventListener("focusin", function (event) {
      var badge = badgeOf(box(event));
      if (badge) show(badge);
      else if (open) hide();
    });
    document.addEventListener("click", function (event) {
      var badge = event.target.closest && event.target.closest(".erp-badge");
      if (badge && panel(badge)) {
        if (open === badge && pinned) return hide();
        show(badge);
        pinned = true;
      } else if (open && !open.parentElement.contains(event.target)) hide();
    });
    document.addEventListener("keydown", function (event) {
      if (event.key !== "Escape" || !open) return;
      var badge = open;
      if (badge.parentElement.contains(document.activeElement)) badge.focus({ preventScroll: true });
      hide();
      event.stopImmediatePropagation();
    });
    return {
      /* Which badge of this element is open, so that it can be opened again after an update. */
      state: function (element) {
        return open && element.contains(open) ? { id: open.id, pinned: pinned } : null;
      },
      restore: function (element, state) {
        if (!state) return;
        open = null;
        pinned = false;
        var badge = state.id && element.querySelector("#" + CSS.escape(state.id));
        if (badge && panel(badge)) {
          show(badge);
          pinned = state.pinned;
        }
      },
    };
  })();

  /* Live cells: a container with data-live=URL holds rows [data-row] with cells [data-live-key]. The URL answers
     {"rows": {row: {key: [fingerprint, html]}}}; only cells whose fingerprint changed are replaced. Asked every second
     while something moves, otherwise every five; not at all while nobody looks. */
  var live = (function () {
    var FAST = 1000;
    var SLOW = 5000;
    var SLOWEST = 60000;

    function replace(cell, print, html) {
      var active = document.activeElement;
      var focused = cell.contains(active) ? { id: active.id, index: all("a, button, input, select", cell).indexOf(active) } : null;
      if (focused && active.matches("input, select, textarea")) return;
      var state = badges.state(cell);
      cell.innerHTML = html;
      cell.dataset.livePrint = print;
      if (focused) {
        var target = focused.id ? document.getElementById(focused.id) : all("a, button, input, select", cell)[focused.index];
        if (target) target.focus({ preventScroll: true });
      }
      badges.restore(cell, state);
    }
    function update(container, rows) {
      all("[data-row]", container).forEach(function (row) {
        var cells = rows[row.dataset.row];
        if (!cells) return;
        all("[data-live-key]", row).forEach(function (cell) {
          var news = cells[cell.dataset.liveKey];
          if (news && news[0] !== cell.dataset.livePrint) replace(cell, news[0], news[1]);
        });
      });
    }
    /* How many rows each filter would show. A chip neither comes nor goes while somebody looks, so nothing jumps. */
    function recount(chips) {
      all("[data-chip]").forEach(function (chip) {
        var number = chip.querySelector(".erp-chip-count");
        if (chip.dataset.chip in chips) number.textContent = chips[chip.dataset.chip];
      });
    }
    function start(containers) {
      var url = containers[0].dataset.live;
      var wait = SLOW;
      var timer = 0;
      var asking = false;
      var counted = Date.now();

      function delay() {
        return containers.some(function (one) { return one.querySelector("[data-moving]"); }) ? FAST : SLOW;
      }
      function plan() {
        window.clearTimeout(timer);
        if (!document.hidden) timer = window.setTimeout(ask, wait);
      }
      async function ask() {
        if (asking) return;
        asking = true;
        var ids = all("[data-row]", containers[0]).map(function (row) { return row.dataset.row; });
        var recounts = Date.now() - counted >= SLOW && document.querySelector("[data-chip]");
        try {
          var question = (url.includes("?") ? "&" : "?") + "ids=" + ids.join(",") + (recounts ? "&chips=1" : "");
          var answer = await fetch(url + question, {
            headers: { Accept: "application/json" },
            redirect: "error",
          });
          if (!answer.ok) throw new Error(String(answer.status));
          var body = await answer.json();
          containers.forEach(function (container) { update(container, body.rows); });
          if (recounts) counted = Date.now();
          if (body.chips) recount(body.chips);
          wait = delay();
        } catch (error) {
          wait = Math.min(wait * 2, SLOWEST);
        }
        asking = false;
        plan();
      }
      document.addEventListener("visibilitychange", function () {
        if (document.hidden) window.clearTimeout(timer);
        else ask();
      });
      wait = delay();
      plan();
    }
    var byUrl = new Map();
    all("[data-live]").forEach(function (container) {
      var url = container.dataset.live;
      byUrl.set(url, (byUrl.get(url) || []).concat(container));
    });
    byUrl.forEach(start);
  })();

  /* Ticked rows: select all on the page, shift-click for a range, `x` toggles the row with the focus (or the first),
     and the bar with what can be done. */
  all("form[data-bulk]").forEach(function (bar) {
    var table = document.querySelector('[data-bulk-table="' + bar.id + '"]');
    if (!table) return;
    var boxes = all("[data-bulk-row]", table);
    var everything = table.querySelector("[data-bulk-all]");
    var counter = bar.querySelector("[data-bulk-count]");
    var last = null;

    function ticked() {
      return boxes.filter(function (box) { return box.checked; });
    }
    function refresh() {
      var count = ticked().length;
      counter.textContent = count.toLocaleString(document.documentElement.lang);
      bar.hidden = count === 0;
      everything.checked = count > 0 && count === boxes.length;
      everything.indeterminate = count > 0 && count < boxes.length;
      boxes.forEach(function (box) {
        box.closest("tr").classList.toggle("table-active", box.checked);
        box.closest("tr").classList.toggle("selected", box.checked);
      });
    }
    function set(boxes_, value) {
      boxes_.forEach(function (box) { box.checked = value; });
      refresh();
    }
    table.addEventListener("click", function (event) {
      var box = event.target.closest("[data-bulk-row]");
      if (!box) return;
      if (event.shiftKey && last) {
        var range = [boxes.indexOf(last), boxes.indexOf(box)].sort(function (a, b) { return a - b; });
        set(boxes.slice(range[0], range[1] + 1), box.checked);
      }
      last = box;
      refresh();
    });
    table.addEventListener("change", refresh);
    everything.addEventListener("change", function () { set(boxes, everything.checked); });
    bar.querySelector("[data-bulk-page]").addEventListener("click", function () { set(boxes, true); });
    bar.querySelector("[data-bulk-clear]").addEventListener("click", function (event) {
      event.preventDefault();
      set(boxes, false);
    });
    bar.addEventListener("submit", function (event) {
      if (bar.dataset.sent) return event.preventDefault();
      bar.dataset.sent = "1";
    });
    document.addEventListener("keydown", function (event) {
      if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector("dialog[open]")) return;
      if (event.key === "x") {
        var row = document.activeElement.closest && document.activeElement.closest("[data-row]");
        var box = row && table.contains(row) ? row.querySelector("[data-bulk-row]") : boxes[0];
        if (!box) return;
        box.checked = !box.checked;
        if (!row) box.focus();
        last = box;
        refresh();
        event.preventDefault();
      } else if ((event.key === "j" || event.key === "k") && boxes.length) {
        var here = document.activeElement.closest && document.activeElement.closest("[data-row]");
        var at = here ? boxes.indexOf(here.querySelector("[data-bulk-row]")) : event.key === "j" ? -1 : boxes.length;
        var next = boxes[at + (event.key === "j" ? 1 : -1)];
        if (next) next.focus();
        event.preventDefault();
      } else if (event.key === "Escape" && ticked().length) {
        set(boxes, false);
      } else if (ticked().length) {
        var button = bar.querySelector('[data-shortcut="' + CSS.escape(event.key) + '"]');
        if (button) {
          event.preventDefault();
          bar.requestSubmit(button);
        }
      }
    });
    window.addEventListener("pageshow", function () {
      delete bar.dataset.sent;
      refresh();
    });
    refresh();
  });

  /* A question before what can't be undone. */
  (function () {
    var dialog = document.getElementById("confirm");
    var waiting = null;
    document.addEventListener("submit", function (event) {
      var form = event.target;
      if (!form.dataset.confirm || form.dataset.confirmed) return;
      event.preventDefault();
      waiting = { form: form, button: event.submitter };
      dialog.querySelector("#confirm-title").textContent = form.dataset.confirmTitle;
      dialog.querySelector("#confirm-text").textContent = form.dataset.confirm;
      dialog.querySelector('[data-answer="yes"]').textContent = form.dataset.confirmLabel;
      dialog.showModal();
    });
    dialog.addEventListener("click", function (event) {
      var answer = event.target.dataset.answer;
      if (!answer) return;
      dialog.close();
      if (answer === "yes" && waiting) {
        waiting.form.dataset.confirmed = "1";
        waiting.form.requestSubmit(waiting.button);
      }
      waiting = null;
    });
  })();

  /* A form that posts is sent once, and says so; leaving one with unsaved changes asks first. */
  all("form[data-warn-unsaved]").forEach(function (form) {
    var contents = function () {
      return new URLSearchParams(new FormData(form)).toString();
    };
    var before = contents();
    var leaving = false;
    form.addEventListener("submit", function (event) {
      if (leaving) return event.preventDefault();
      leaving = true;
    });
    window.addEventListener("pageshow", function () { leaving = false; });
    form.addEventListener("input", function () {
      var changed = contents() !== before;
      all("[data-unsaved]", form).forEach(function (note) { note.hidden = !changed; });
      all("[data-saved]", form).forEach(function (note) { note.hidden = changed; });
    });
    window.addEventListener("beforeunload", function (event) {
      if (!leaving && contents() !== before) event.preventDefault();
    });
  });

  /* Lines of a form: add one, remove one. The server passes over empty lines. */
  all("[data-line-editor]").forEach(function (form) {
    var body = form.querySelector("[data-lines]");
    var add = form.querySelector("[data-add-line]");
    var number = function () {
      return Math.max.apply(null, all("[data-line] input, [data-line] textarea", body).map(function (field) {
        return Number((field.name.match(/-(\d+)-/) || [0, 0])[1]);
      }).concat(-1));
    };
    function clear(row) {
      all("input, textarea", row).forEach(function (field) {
        field.value = "";
        field.classList.remove("is-invalid");
        field.removeAttribute("aria-invalid");
      });
      all(".invalid-feedback", row).forEach(function (note) { note.remove(); });
    }
    add.hidden = false;
    add.addEventListener("click", function () {
      var index = number() + 1;
      var row = body.lastElementChild.cloneNode(true);
      all("[name], [id], [for]", row).forEach(function (part) {
        ["name", "id", "for"].forEach(function (attribute) {
          var value = part.getAttribute(attribute);
          if (value) part.setAttribute(attribute, value.replace(/-\d+-/, "-" + index + "-"));
        });
      });
      all("label, [data-remove-line]", row).forEach(function (part) {
        var label = part.getAttribute("aria-label");
        if (label) part.setAttribute("aria-label", label.replace(/\d+$/, String(index + 1)));
        else if (part.tagName === "LABEL") part.textContent = part.textContent.replace(/\d+$/, String(index + 1));
      });
      clear(row);
      body.append(row);
      row.querySelector("input").focus();
    });
    body.addEventListener("click", function (event) {
      if (!event.target.closest("[data-remove-line]")) return;
      var row = event.target.closest("[data-line]");
      if (all("[data-line]", body).length > 1) {
        (row.nextElementSibling || row.previousElementSibling).querySelector("input").focus();
        row.remove();
      } else clear(row);
      form.dispatchEvent(new Event("input", { bubbles: true }));
    });
  });

  /* Suggestions while typing, into the list that the field already has. */
  (function () {
    var timer = 0;
    document.addEventListener("input", function (event) {
      var field = event.target;
      var kind = field.dataset && field.dataset.suggest;
      var source = kind && document.querySelector("[data-suggest-" + kind + "]");
      if (!source || event.inputType === "insertReplacementText") return;
      window.clearTimeout(timer);
      timer = window.setTimeout(async function () {
        var url = source.getAttribute("data-suggest-" + kind) + "?q=" + encodeURIComponent(field.value);
        try {
          var answer = await fetch(url, { headers: { Accept: "application/json" }, redirect: "error" });
          var body = await answer.json();
          document.getElementById(field.getAttribute("list")).replaceChildren.apply(
            document.getElementById(field.getAttribute("list")),
            body.items.map(function (item) {
              var option = document.createElement("option");
              option.value = item.value;
              option.textContent = item.hint || "";
              return option;
            })
          );
        } catch (error) {
          /* The field still takes what is typed. */
        }
      }, 200);
    });
    /* Whether the list of the field knows this name, alone or with the code before it. */
    function known(field) {
      var typed = field.value.trim().toLowerCase();
      var list = document.getElementById(field.getAttribute("list"));
      return typed !== "" && all("option", list).some(function (option) {
        var value = option.value.toLowerCase();
        return value === typed || value.split(" · ").includes(typed);
      });
    }
    /* One of a known product, proposed: whoever types into the field replaces it. */
    document.addEventListener("change", function (event) {
      var line = event.target.closest && event.target.closest("[data-line]");
      var quantity = line && line.querySelector('[name$="-quantity"]');
      if (!quantity || !event.target.dataset.suggest || quantity.value || !known(event.target)) return;
      quantity.value = "1";
      quantity.dataset.proposed = "";
    });
    ["focusin", "click"].forEach(function (kind) {
      document.addEventListener(kind, function (event) {
        if (event.target.dataset && "proposed" in event.target.dataset) event.target.select();
      });
    });
    document.addEventListener("input", function (event) {
      if (event.target.dataset) delete event.target.dataset.proposed;
    });
  })();

  /* Amounts of a payment: fill the amounts from what was paid, oldest first. */
  all("[data-fill-allocations]").forEach(function (button) {
    button.hidden = false;
    button.addEventListener("click", function () {
      var form = button.form;
      var left = Math.round(parseFloat(form.querySelector('[name="amount"]').value.replace(/,/g, "")) * 10000) || 0;
      all("[data-balance]", form).forEach(function (field) {
        var part = Math.min(left, Math.round(parseFloat(field.dataset.balance) * 10000));
        field.value = part > 0 ? String(part / 10000) : "";
        left -= part;
      });
      form.dispatchEvent(new Event("input", { bubbles: true }));
    });
  });

  /* Small things. */
  all("[data-autosubmit]").forEach(function (field) {
    field.addEventListener("change", function () { field.form.requestSubmit(); });
  });
  all("[data-print]").forEach(function (button) {
    button.addEventListener("click", function () { window.print(); });
  });
  all("[data-focus]").slice(-1).forEach(function (element) {
    element.focus({ preventScroll: true });
    element.scrollIntoView({ block: "center" });
  });
  all("[data-copy]").forEach(function (button) {
    button.hidden = !navigator.clipboard;
    button.addEventListener("click", async function () {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
      button.textContent = "Copied";
    });
  });
  /* The tabs of a phone scroll; the current one is in sight. */
  window.addEventListener("load", function () {
    all(".erp-tabs [aria-current]").forEach(function (tab) {
      var tabs = tab.parentElement;
      tabs.scrollLeft = tab.offsetLeft - tabs.offsetLeft - (tabs.clientWidth - tab.offsetWidth) / 2;
    });
  });

  /* The list of shortcuts: `?`, or the menu of one's account. The page's own ones are those of its buttons. */
  (function () {
    var dialog = document.getElementById("shortcuts");
    var list = dialog.querySelector("dl");
    all("[data-shortcut]").forEach(function (button) {
      var key = document.createElement("kbd");
      key.textContent = button.dataset.shortcut;
      var term = document.createElement("dt");
      term.append(key);
      var words = document.createElement("dd");
      words.textContent = Array.from(button.childNodes).filter(function (node) {
        return node.nodeType === Node.TEXT_NODE;
      }).map(function (node) { return node.textContent.trim(); }).join("") + " (ticked rows)";
      list.append(term, words);
    });
    all('[data-opens="shortcuts"]').forEach(function (button) {
      button.addEventListener("click", function () { dialog.showModal(); });
    });
    document.addEventListener("keydown", function (event) {
      if (event.key !== "?" || typing(event.target) || document.querySelector("dialog[open]")) return;
      event.preventDefault();
      dialog.showModal();
    });
  })();
  document.addEventListener("keydown", function (event) {
    if (event.key !== "/" || typing(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
    var field = document.querySelector('[data-shortcut-focus="/"]');
    if (field) {
      event.preventDefault();
      field.focus();
    }
  });
})();
