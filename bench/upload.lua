-- A body of so many bytes in every request of wrk.
wrk.method = "POST"
wrk.body = string.rep("x", tonumber(os.getenv("BYTES")))
