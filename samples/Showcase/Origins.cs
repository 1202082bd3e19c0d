using System.Net;

namespace Showcase;

/// <summary>
/// The two origins of this app: one host on two ports. That makes requests between them cross-origin but same-site, so that browsers let a cookie travel;
/// between localhost and 127.0.0.1 they would take it for a stranger's.
/// </summary>
internal sealed class Origins(WebApplication app)
{
    public bool IsOurs(string origin) =>
        Uri.TryCreate(origin, UriKind.Absolute, out Uri? uri) && uri.IsLoopback && Ports().Contains(uri.Port);

    public string OtherThan(HttpRequest request) =>
        $"{request.Scheme}://{request.Host.Host}:{Ports().First(port => port != request.Host.Port)}";

    // Known only when the server listens: port 0 stands for any that is free.
    private IEnumerable<int> Ports() => app.Urls.Select(url => BindingAddress.Parse(url).Port);
}

internal static class TwoPorts
{
    private const int DefaultPort = 3000;

    /// <summary>Listens on PORT (default 3000) and, for the second origin, on SECOND_PORT (default the next one); 0 means any that is free.</summary>
    public static void ListenOnTwoPorts(this WebApplicationBuilder builder)
    {
        int first = builder.Configuration.GetValue("PORT", DefaultPort);
        int second = builder.Configuration.GetValue("SECOND_PORT", first == 0 ? 0 : first + 1);
        builder.WebHost.ConfigureKestrel(server =>
        {
            foreach (int port in (int[])[first, second])
            {
                if (port == 0)
                {
                    server.Listen(IPAddress.Loopback, port);
                }
                else
                {
                    server.ListenLocalhost(port);
                }
            }
        });
    }
}
