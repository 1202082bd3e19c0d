using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace Tidings.Script.Tests;

/// <summary>The module in both forms, and the programs that judge it.</summary>
internal static class ScriptFiles
{
    // For whole programs, which take seconds on a machine that has nothing else to do, and minutes on one that has.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(20);

    /// <summary>The root of the repository.</summary>
    public static string Repository { get; } = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../../.."));

    /// <summary>The module as it is written and published.</summary>
    public static string Source { get; } = Path.Combine(Repository, "src/tidings.js/tidings.js");

    /// <summary>The module as an app serves it.</summary>
    public static async Task<byte[]> ServedAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using WebApplication app = builder.Build();
        app.MapTidingsScript();
        await app.StartAsync(TestContext.Current.CancellationToken);
        using var client = new HttpClient();
        return await client.GetByteArrayAsync(new Uri(new Uri(app.Urls.Single()), "/tidings.js"), TestContext.Current.CancellationToken);
    }

    /// <summary>Runs a program to its end, and fails with what it says unless it succeeds.</summary>
    public static async Task RunAsync(string program, string[] arguments, (string Name, string Value)? environment = null)
    {
        var start = new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        if (environment is { } variable)
        {
            start.Environment[variable.Name] = variable.Value;
        }

        using Process process = Process.Start(start)!; // null only for shell execution
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        try
        {
            await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Patience);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }

        Assert.True(process.ExitCode == 0, $"{await output}\n{await error}");
    }
}
