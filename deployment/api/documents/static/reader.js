// Starts Swagger UI on the document beside this page. Without it, the page says where the document is.
window.ui = SwaggerUIBundle({
  url: document.getElementById("reader").dataset.url,
  dom_id: "#reader",
  deepLinking: true,
  persistAuthorization: false,
  displayRequestDuration: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis],
});
