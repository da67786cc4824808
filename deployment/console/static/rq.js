// Sends the token of the session with whatever rq-dashboard posts.
"use strict";
const rqToken = document.currentScript.dataset.token;
$.ajaxSetup({ headers: { "X-CSRFToken": rqToken } });
