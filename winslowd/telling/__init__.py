"""Telling people outside of Winslow: webhooks and mail. Nothing here knows what is news, nor who subscribed."""
