using System.Diagnostics;
using System.Net;

namespace Tidings.Server.Tests.Serving;

/// <summary>What the start says about keys, and whether it works when somebody does it.</summary>
public sealed class FirstStepsTests
{
    private const string Secret = "kX5vTq2nB8yRj4wLz7cPd1sHf6gMa9eU";

    private static readonly string[] Serve = ["serve", "--log", "memory", "--urls", "http://127.0.0.1:0", "--set", "Tidings:DrainWindow=00:00:00"];

    [Fact]
    public async Task Without_keys_the_start_prints_three_lines_that_lead_to_the_first_publish()
    {
        string output = await StartAndStopAsync();
        Assert.Contains("Publishing is off, because no key is set for it.", output, StringComparison.Ordinal);
        string[] steps = [.. output.Split('\n').Where(line => line.StartsWith("        ", StringComparison.Ordinal)).Select(line => line.Trim())];
        Assert.Equal(3, steps.Length);

        // As a newcomer does: copied from the terminal.
        DirectoryInfo directory = Directory.CreateTempSubdirectory("tidings-first-steps-");
        try
        {
            await ShellAsync(directory, steps[0]);
            string key = Path.Combine(directory.FullName, "key");
            string[] settings = [.. steps[1].Replace("KeyFile=key", $"KeyFile={key}", StringComparison.Ordinal).Split(' ').Skip(2)];
            await using RunningCommand hub = RunningCommand.Start([.. Serve, .. settings]);
            Uri address = await hub.HubAsync();
            await ShellAsync(directory, steps[2]);

            using var client = new HttpClient();
            client.DefaultRequestHeaders.Add("Authorization", $"Bearer {(await File.ReadAllTextAsync(Path.Combine(directory.FullName, "token"))).Trim()}");
            using var form = new FormUrlEncodedContent([new("topic", "news"), new("data", "hi")]);
            using HttpResponseMessage published = await client.PostAsync(address, form);
            Assert.Equal(HttpStatusCode.OK, published.StatusCode);

            hub.Signal("TERM");
            string said = (await hub.EndAsync()).Output;
            Assert.Contains("  keys  protocol 1.0: tokens of me\n", said, StringComparison.Ordinal);
            Assert.DoesNotContain("Publishing is off", said, StringComparison.Ordinal);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("Publisher", "tokens that publish\n", false)]
    [InlineData("Subscriber", "tokens that subscribe\n", true)]
    public async Task With_keys_of_0_x_the_start_says_what_they_are_for(string role, string text, bool isPublishingOff)
    {
        string output = await StartAndStopAsync("--set", $"Tidings:Legacy:{role}:Key={Secret}");
        Assert.Contains($"  keys  protocol 0.x: {text}", output, StringComparison.Ordinal);
        Assert.Equal(isPublishingOff, output.Contains("Publishing is off", StringComparison.Ordinal));
    }

    [Fact]
    public async Task With_keys_of_both_protocols_the_start_names_both()
    {
        string output = await StartAndStopAsync(
            "--set", $"Tidings:Legacy:Publisher:Key={Secret}", "--set", $"Tidings:Legacy:Subscriber:Key={Secret}",
            "--set", "Tidings:Issuers:0:Identifier=https://id.example", "--set", "Tidings:Issuers:0:Audience=https://hub.example", "--set", $"Tidings:Issuers:0:Keys:Key={Secret}");
        Assert.Contains("  keys  protocol 1.0: tokens of https://id.example\n  keys  protocol 0.x: tokens that publish, and tokens that subscribe\n", output, StringComparison.Ordinal);
    }

    private static async Task<string> StartAndStopAsync(params string[] settings)
    {
        await using RunningCommand hub = RunningCommand.Start([.. Serve, .. settings]);
        await hub.HubAsync();
        hub.Signal("TERM");
        return (await hub.EndAsync()).Output.ReplaceLineEndings("\n");
    }

    private static async Task ShellAsync(DirectoryInfo directory, string line)
    {
        string tidings = $"tidings() {{ dotnet '{Path.Combine(AppContext.BaseDirectory, "Tidings.Server.dll")}' \"$@\"; }}";
        var start = new ProcessStartInfo("/bin/sh", ["-ec", $"{tidings}\n{line}"]) { WorkingDirectory = directory.FullName, UseShellExecute = false, RedirectStandardError = true };
        using Process shell = Process.Start(start)!; // null only where a running process could be reused
        string error = await shell.StandardError.ReadToEndAsync();
        await shell.WaitForExitAsync();
        Assert.True(shell.ExitCode == 0, error);
    }
}
