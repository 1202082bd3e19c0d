namespace Tidings.Proxies.Tests;

/// <summary>How one proxy is started with its file of the guide.</summary>
/// <param name="Package">Debian's package.</param>
/// <param name="Program">The program in it.</param>
/// <param name="EndsTls">Whether it speaks TLS, and with it HTTP/2, to browsers.</param>
/// <param name="Prepare">Writes its files and says the arguments.</param>
internal sealed record Recipe(string Package, string Program, bool EndsTls, Func<Workplace, IReadOnlyList<string>> Prepare)
{
    /// <summary>The addresses and files that the guide's configurations name, which a test has elsewhere.</summary>
    private const string Hub = "127.0.0.1:4000";
    private const string CertificateFile = "/etc/ssl/hub.example/fullchain.pem";
    private const string KeyFile = "/etc/ssl/hub.example/privkey.pem";

    public static IReadOnlyDictionary<string, Recipe> All { get; } = new Dictionary<string, Recipe>(StringComparer.Ordinal)
    {
        ["nginx"] = new("nginx-light", "nginx", EndsTls: true, PrepareNginx),
        ["haproxy"] = new("haproxy", "haproxy", EndsTls: true, PrepareHaproxy),
        ["varnish"] = new("varnish", "varnishd", EndsTls: false, PrepareVarnish),
        ["apache"] = new("apache2-bin", "apache2", EndsTls: true, PrepareApache),
    };

    // One process, so that ending it by its id ends all of it; temporary files where anybody may write.
    private static string[] PrepareNginx(Workplace place)
    {
        string site = place.FromGuide(
            "nginx.conf", ("server 127.0.0.1:4000;", $"server {place.Hub};"), ("listen 443 ssl http2;", $"listen {place.Listen} ssl http2;"),
            (CertificateFile, place.CertificateFile), (KeyFile, place.KeyFile));
        string main = place.Write("main.conf", $$"""
            daemon off;
            master_process off;
            pid {{place.PathOf("nginx.pid")}};
            error_log stderr;
            events { }
            http {
              access_log off;
              client_body_temp_path {{place.PathOf("body")}};
              proxy_temp_path {{place.PathOf("proxy")}};
              fastcgi_temp_path {{place.PathOf("fastcgi")}};
              uwsgi_temp_path {{place.PathOf("uwsgi")}};
              scgi_temp_path {{place.PathOf("scgi")}};
              include {{site}};
            }
            """);
        return ["-p", place.Directory, "-c", main, "-e", "stderr"];
    }

    private static string[] PrepareHaproxy(Workplace place)
    {
        string both = place.Write("hub.pem", File.ReadAllText(place.CertificateFile) + File.ReadAllText(place.KeyFile));
        string configuration = place.FromGuide(
            "haproxy.cfg", ("server hub 127.0.0.1:4000", $"server hub {place.Hub}"), ("bind :443 ", $"bind {place.Listen} "), ("/etc/ssl/hub.example/hub.pem", both));
        return ["-db", "-f", configuration];
    }

    private static string[] PrepareVarnish(Workplace place)
    {
        string configuration = place.FromGuide("varnish.vcl", (".port = \"4000\"", $".port = \"{place.Hub.Port}\""));
        return ["-F", "-j", "none", "-n", place.PathOf("varnish"), "-a", $"{place.Listen}", "-f", configuration, "-s", "malloc,16m"];
    }

    private static string[] PrepareApache(Workplace place)
    {
        string site = place.FromGuide(
            "apache.conf", ($"http://{Hub}/", $"http://{place.Hub}/"), ("<VirtualHost *:443>", $"<VirtualHost {place.Listen}>"),
            (CertificateFile, place.CertificateFile), (KeyFile, place.KeyFile));
        string[] modules = ["mpm_event", "authz_core", "ssl", "http2", "proxy", "proxy_http", "headers"];

        // One process here too (-X), which needs as many threads as there are streams. User and group count only when root starts it.
        string main = place.Write("main.conf", $$"""
            ServerRoot {{place.Directory}}
            DefaultRuntimeDir {{place.Directory}}
            PidFile {{place.PathOf("apache.pid")}}
            ErrorLog /dev/stderr
            ServerName localhost
            {{string.Join('\n', modules.Select(module => $"LoadModule {module}_module /usr/lib/apache2/modules/mod_{module}.so"))}}
            User www-data
            Group www-data
            Listen {{place.Listen}}
            Include {{site}}
            """);
        return ["-X", "-f", main];
    }
}
