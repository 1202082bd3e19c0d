# /etc/varnish/default.vcl: Varnish before a hub at 127.0.0.1:4000.
vcl 4.1;

backend tidings {
  .host = "127.0.0.1";
  .port = "4000";
  .between_bytes_timeout = 1h; # how long the hub may be silent; 60 s unless told otherwise
}

sub vcl_recv {
  # Everybody's stream is their own: nothing of it is kept or shared. And not "pipe": what comes on a piped connection
  # after the first request goes to the hub unseen, with whatever X-Forwarded-For its sender likes.
  return (pass);
}

sub vcl_backend_error {
  # After an error a browser never asks again; after a stream that ends it does.
  if (bereq.method == "GET" && bereq.http.Accept ~ "text/event-stream") {
    set beresp.status = 200;
    set beresp.http.Content-Type = "text/event-stream";
    set beresp.http.Cache-Control = "no-store";
    synthetic({"retry: 5000

"});
    return (deliver);
  }
}
