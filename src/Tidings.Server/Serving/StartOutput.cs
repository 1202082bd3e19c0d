using System.Reflection;
using Microsoft.Extensions.Options;

namespace Tidings.Server;

/// <summary>What <c>tidings serve</c> prints when it is ready: where the hub is, and what to do next.</summary>
internal static class StartOutput
{
    public static async Task WriteAsync(TextWriter output, WebApplication app)
    {
        bool isDev = app.Services.GetRequiredService<IOptions<TidingsOptions>>().Value.Dev;
        await output.WriteLineAsync($"Tidings {Version()}");
        foreach (string url in app.Urls)
        {
            await output.WriteLineAsync($"  hub   {HubAt(url)}");
            if (isDev)
            {
                await output.WriteLineAsync($"  page  {url.TrimEnd('/')}/");
            }
        }

        await output.WriteLineAsync($"  log   {LogOf(app)}");
        await output.WriteLineAsync(isDev
            ? $"Dev mode: anybody on this machine may publish, and nobody else can connect. Every response says {HubServer.ModeHeader}: dev."
            : "Publishing is off, because no authorization is configured. To try it out on this machine, start with --dev.");
        if (isDev && app.Urls.FirstOrDefault() is { } first)
        {
            await output.WriteLineAsync($"Try:    curl -N '{HubAt(first)}?match=news'");
            await output.WriteLineAsync($"        tidings publish --hub {HubAt(first)} --topic news --data hi");
        }

        await output.WriteLineAsync("Ctrl+C stops it.");
        await output.FlushAsync();
    }

    private static string HubAt(string url) => url.TrimEnd('/') + TidingsEndpointRouteBuilderExtensions.DefaultHubPath;

    private static string LogOf(WebApplication app)
    {
        if (!LogChoice.IsOnDisk(app.Configuration))
        {
            return "in memory: it ends with this process";
        }

        SqliteLogOptions options = app.Services.GetRequiredService<IOptions<SqliteLogOptions>>().Value;
        return $"{Path.GetFullPath(options.Directory)} (durability: {options.Durability.ToString().ToLowerInvariant()})";
    }

    private static string Version() =>
        typeof(StartOutput).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "";
}
