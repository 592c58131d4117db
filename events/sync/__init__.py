"""Messages of a tenant's services to one another: kept in rows until each service has acknowledged its own."""
