"""The wire that clients of Unstract's API deployments know."""
