using System.Text.Json;

namespace Tidings.Server.Tests.Commands.Log;

/// <summary><c>stats</c>, <c>list</c> and <c>verify</c>.</summary>
public sealed class LookingTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Stats_tell_what_the_log_holds_whether_or_not_the_hub_runs(bool isRunning)
    {
        await using TestLog log = await TestLog.StartAsync(isRunning);

        (ExitCode code, string output, _) = await log.RunAsync(["stats"]);
        Assert.Equal(ExitCode.Ok, code);
        Assert.Contains($"log      {log.Directory}\n", output, StringComparison.Ordinal);
        Assert.Contains(isRunning ? "in use   yes" : "in use   no\n", output, StringComparison.Ordinal);
        Assert.Contains("events   3, with ", output, StringComparison.Ordinal);

        using JsonDocument json = JsonDocument.Parse((await log.RunAsync(["stats", "--json"])).Output);
        Assert.Equal(isRunning, json.RootElement.GetProperty("inUse").GetBoolean());
        Assert.Equal(3, json.RootElement.GetProperty("last").GetInt64());
        Assert.Equal(1, json.RootElement.GetProperty("oldest").GetProperty("sequence").GetInt64());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task List_prints_a_harmless_line_for_each_event_and_marks_the_private_ones(bool isRunning)
    {
        await using TestLog log = await TestLog.StartAsync(isRunning);

        (ExitCode code, string output, _) = await log.RunAsync(["list"]);

        Assert.Equal(ExitCode.Ok, code);
        string[] lines = output.TrimEnd('\n').Split('\n');
        Assert.Equal(3, lines.Length);
        Assert.Matches(@"^#[\w-]{22}  \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}Z  news  message  first\\nline \uFFFD\[1m$", lines[0]);
        Assert.Matches(@"^mine  [-0-9:. ]{23}Z  orders/7, news  private  paid  \uD83D\uDE00$", lines[1]);
        Assert.EndsWith("  other  message  (no data)", lines[2], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--limit 2", "2,3")]
    [InlineData("--topic news", "1,2")]
    [InlineData("--topic other --topic orders/7", "2,3")]
    [InlineData("--topic * --limit 1", "3")]
    [InlineData("--topic news --limit 1", "2")]
    [InlineData("--after 0 --limit 2", "1,2")]
    [InlineData("--after 1", "2,3")]
    [InlineData("--after mine", "3")]
    [InlineData("--after 0 --topic news", "1,2")]
    public async Task List_selects_the_newest_or_those_after_an_event(string options, string sequences)
    {
        await using TestLog log = await TestLog.StartAsync();

        (_, string output, _) = await log.RunAsync(["list", "--json", .. options.Split(' ')]);

        Assert.Equal(sequences, string.Join(',', Objects(output).Select(json => json.GetProperty("sequence").GetInt64())));
    }

    [Fact]
    public async Task List_finds_the_place_after_an_id_of_the_hub()
    {
        await using TestLog log = await TestLog.StartAsync();
        string id = Objects((await log.RunAsync(["list", "--json"])).Output)[0].GetProperty("id").GetString()!; // every event has one

        Assert.Equal(2, Objects((await log.RunAsync(["list", "--json", "--after", id])).Output).Count);

        (ExitCode code, _, string error) = await log.RunAsync(["list", "--after", "nobody's"]);
        Assert.Equal(ExitCode.Usage, code);
        Assert.Contains("--after is \"nobody's\", which is no sequence and no id in the log", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_finds_a_log_sound_while_the_hub_runs_and_tells_what_to_do_when_it_is_damaged()
    {
        await using TestLog log = await TestLog.StartAsync();
        Assert.Equal((ExitCode.Ok, "Sound: 3 events.\n", ""), await log.RunAsync(["verify"]));

        await log.StopHubAsync();
        Damage(Path.Combine(log.Directory, "log.db"));

        (ExitCode code, string output, string error) = await log.RunAsync(["verify"]);
        Assert.Equal(ExitCode.Failure, code);
        Assert.Contains("Event 1 is not what was written", output, StringComparison.Ordinal);
        Assert.Contains($"2 events are sound. Stop the hub, keep a copy of the directory, and restore a backup; or save what can be read: tidings log export --data {log.Directory}", error, StringComparison.Ordinal);

        (code, output, error) = await log.RunAsync(["export"]);
        Assert.Equal((ExitCode.Failure, 2), (code, Objects(output).Count));
        Assert.Contains("What stands at 1 sequences (1) is damaged, and was left out.", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("stats")]
    [InlineData("list")]
    [InlineData("verify")]
    [InlineData("export")]
    [InlineData("prune")]
    [InlineData("backup dest")]
    public async Task A_missing_directory_is_exit_code_1_and_is_not_made(string command)
    {
        await using var log = new TestLog();

        (ExitCode code, string output, string error) = await log.RunAsync(command.Split(' '));

        Assert.Equal((ExitCode.Failure, $"tidings: There is no directory {log.Directory}. Name the directory of the log with --data.\n"), (code, error));
        Assert.Empty(output);
        Assert.False(Directory.Exists(log.Directory));
    }

    [Theory]
    [InlineData("TIDINGS__SQLITELOG__DIRECTORY", "elsewhere", 1, "elsewhere. Name the directory of the log with --data.")]
    [InlineData("TIDINGS__LOG", "memory", 2, "the hub keeps its log in memory")]
    [InlineData("TIDINGS__NOTHING", "", 1, "tidings-data. Name the directory of the log with --data.")]
    public async Task Without_data_the_log_is_that_of_the_hub_s_settings(string variable, string value, int code, string sentence)
    {
        (int ended, _, string error) = await RunningCommand.RunAsync(["log", "stats"], [(variable, value)]);

        Assert.Equal(code, ended);
        Assert.Contains(sentence, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mistake_leads_to_the_help_of_the_command_within_the_command()
    {
        var terminal = new TestTerminal();

        Assert.Equal(ExitCode.Usage, await terminal.RunAsync("log", "list", "--limit", "0"));
        Assert.Contains("--limit takes a whole number from 1", terminal.Error, StringComparison.Ordinal);
        Assert.EndsWith("See: tidings log list --help", terminal.Error.TrimEnd(), StringComparison.Ordinal);
    }

    internal static List<JsonElement> Objects(string lines) =>
        [.. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];

    // Changes the data of the first event where it stands in the file.
    private static void Damage(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        bytes[bytes.AsSpan().IndexOf("data: first"u8) + 6] ^= 1;
        File.WriteAllBytes(path, bytes);
    }
}
