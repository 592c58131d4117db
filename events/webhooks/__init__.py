"""Telling addresses elsewhere of a tenant's facts, by Standard Webhooks 1.0."""
