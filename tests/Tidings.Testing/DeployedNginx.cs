using System.Globalization;
using System.Net;

namespace Tidings.Testing;

/// <summary>nginx with the configuration of <c>deploy/nginx.conf</c>, before hubs of this machine: the addresses and the places of files are others, everything else is as it is deployed.</summary>
public static class DeployedNginx
{
    /// <summary>Starts it and waits until it listens, at <c>https://localhost</c> and <paramref name="port"/>.</summary>
    /// <param name="deployed">The text of <c>deploy/nginx.conf</c>.</param>
    /// <param name="directory">Where it may write.</param>
    /// <param name="secrets">Where <c>tls.pem</c> and <c>tls.key</c> are.</param>
    /// <param name="port">Where it listens.</param>
    /// <param name="hubs">The hubs by the names that they have there.</param>
    /// <param name="patience">How long a hub may be silent, in whole seconds; null for as long as deployed.</param>
    public static async Task<ServerProgram> StartAsync(string deployed, string directory, string secrets, int port, IEnumerable<(string Name, int Port)> hubs, TimeSpan? patience = null)
    {
        string text = Replace(deployed, " /tmp/", $" {directory}/");
        text = Replace(text, "/run/secrets/", $"{secrets}/");
        text = Replace(text, "listen 8443 ", $"listen 127.0.0.1:{port} ");
        foreach ((string name, int at) in hubs)
        {
            text = Replace(text, $"server {name}:8080 ", $"server 127.0.0.1:{at} ");
        }

        if (patience is { } silence)
        {
            text = Replace(text, "proxy_read_timeout 45s;", string.Create(CultureInfo.InvariantCulture, $"proxy_read_timeout {silence.TotalSeconds:0}s;"));
        }

        string configuration = Path.Combine(directory, "nginx.conf");
        await File.WriteAllTextAsync(configuration, text);
        return await ServerProgram.StartAsync(
            "nginx",
            "nginx-light",
            ["-p", directory, "-c", configuration, "-e", "stderr", "-g", "daemon off; master_process off;"],
            directory,
            new IPEndPoint(IPAddress.Loopback, port));
    }

    private static string Replace(string text, string there, string here) =>
        text.Contains(there, StringComparison.Ordinal)
            ? text.Replace(there, here, StringComparison.Ordinal)
            : throw new InvalidOperationException($"deploy/nginx.conf does not hold \"{there}\" any more. Bring its tests up to date.");
}
