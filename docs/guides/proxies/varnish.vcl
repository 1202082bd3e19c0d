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
