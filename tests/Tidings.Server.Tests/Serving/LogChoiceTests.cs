using System.Net;
using Tidings.Server.Tests.Nodes;

namespace Tidings.Server.Tests.Serving;

/// <summary>Where the real process keeps its log, and what it says of it.</summary>
public sealed class LogChoiceTests : IDisposable
{
    private const string AnyPort = "http://127.0.0.1:0";

    private readonly string _directory = Directory.CreateTempSubdirectory("tidings-data-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task By_default_the_log_is_on_disk_beside_the_hub()
    {
        string output = await StartAndStopAsync(["serve"]);

        Assert.Matches(@"  log   /.*/tidings-data \(durability: disk\)", output);
    }

    [Theory]
    [InlineData("--dev")]
    [InlineData("--log", "memory")]
    public async Task For_development_and_on_demand_the_log_is_in_memory(params string[] arguments)
    {
        string output = await StartAndStopAsync(["serve", .. arguments]);

        Assert.Contains("  log   in memory: it ends with this process", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_directory_is_used_in_dev_mode_too_and_what_was_published_is_there_after_a_restart()
    {
        string[] arguments = ["serve", "--dev", "--data", _directory, "--durability", "os", "--urls", AnyPort, "--set", "Tidings:DrainWindow=00:00:00"];
        using var client = new HttpClient();
        await using (RunningCommand first = RunningCommand.Start(arguments))
        {
            Uri hub = await first.HubAsync();
            using var form = new FormUrlEncodedContent([KeyValuePair.Create("topic", "news"), KeyValuePair.Create("data", "kept")]);
            (await client.PostAsync(hub, form)).EnsureSuccessStatusCode();
            first.Signal("KILL");
            await first.EndAsync();
        }

        await using RunningCommand second = RunningCommand.Start(arguments);
        using var reader = new StreamReader(await client.GetStreamAsync(new Uri($"{await second.HubAsync()}?match=news&last_event_id=earliest")));

        Assert.Equal(":", await reader.ReadLineAsync());
        Assert.Equal("data: kept", await reader.ReadLineAsync());
    }

    [Fact]
    public async Task A_second_hub_on_the_same_log_is_refused_and_the_first_goes_on()
    {
        string[] arguments = ["serve", "--dev", "--data", _directory, "--urls", AnyPort];
        await using RunningCommand first = RunningCommand.Start(arguments);
        Uri hub = await first.HubAsync();

        (int code, _, string error) = await RunningCommand.RunAsync(arguments);

        Assert.Equal(1, code);
        Assert.Contains($"The log in {_directory} is in use by another process.", error, StringComparison.Ordinal);
        using var client = new HttpClient();
        Assert.StartsWith("200 Healthy", await Probe.WaitAsync(client, new Uri(hub, "/healthz/ready"), HttpStatusCode.OK), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("in the directory \"x\"", "--log", "memory", "--data", "x")]
    [InlineData("can be kept on disk, in memory, or in PostgreSQL", "--log", "paper")]
    [InlineData("Durability", "--durability", "eternal")]
    [InlineData("Durability", "--durability", "process")]
    [InlineData("Tidings:SqliteLog:Retention:MaxEvents is -1", "--set", "Tidings:SqliteLog:Retention:MaxEvents=-1")]
    public async Task A_log_that_cannot_be_is_refused_with_a_sentence(string sentence, params string[] arguments)
    {
        (int code, _, string error) = await RunningCommand.RunAsync(["serve", "--urls", AnyPort, .. arguments]);

        Assert.Equal(2, code);
        Assert.Contains(sentence, error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }

    private static async Task<string> StartAndStopAsync(string[] arguments)
    {
        await using RunningCommand command = RunningCommand.Start([.. arguments, "--urls", AnyPort, "--set", "Tidings:DrainWindow=00:00:00"]);
        await command.HubAsync();
        command.Signal("TERM");
        (int code, string output, _) = await command.EndAsync();
        Assert.Equal(0, code);
        return output;
    }
}
