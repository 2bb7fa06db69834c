"""What is served over HTTP: files, for browsers and for whoever speaks tus."""
