using Tidings.Testing;

namespace Tidings.Server.Tests.Commands.Log;

/// <summary><c>export</c>, <c>import</c>, <c>prune</c> and <c>backup</c>.</summary>
public sealed class MovingTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_was_exported_and_imported_into_a_new_directory_is_exported_the_same(bool isRunning)
    {
        await using TestLog log = await TestLog.StartAsync(isRunning);
        string exported = (await log.RunAsync(["export"])).Output;
        Assert.Equal(3, exported.Count(character => character == '\n'));
        Assert.Contains("\"topics\":[\"orders/7\",\"news\"],\"private\":true,\"type\":\"paid\",\"id\":\"mine\",\"retry\":2000,", exported, StringComparison.Ordinal);
        Assert.DoesNotContain("\"#", exported, StringComparison.Ordinal);

        (ExitCode code, string output, string error) = await log.RunAsync(["import"], exported, log.PathOf("new"));

        Assert.Equal((ExitCode.Ok, "3 events imported.\n", $"A new log was made in {log.PathOf("new")}.\n"), (code, output, error));
        Assert.Equal(exported, (await log.RunAsync(["export"], data: log.PathOf("new"))).Output);
        Assert.Equal("Sound: 3 events.\n", (await log.RunAsync(["verify"], data: log.PathOf("new"))).Output);
    }

    [Fact]
    public async Task An_export_into_a_file_is_its_owner_s_alone_and_overwrites_nothing_unless_told()
    {
        await using TestLog log = await TestLog.StartAsync();
        string file = log.PathOf("events.ndjson");

        Assert.Equal(ExitCode.Ok, (await log.RunAsync(["export", "--output", file])).Code);
        (ExitCode code, _, string error) = await log.RunAsync(["export", "--output", file, "--topic", "other"]);

        Assert.Equal((ExitCode.Usage, $"tidings: {file} exists already. Name another file, or overwrite it with --force.\n"), (code, error));
        Assert.Equal(3, File.ReadAllLines(file).Length);
        Assert.Equal(ExitCode.Ok, (await log.RunAsync(["export", "--output", file, "--topic", "other", "--force"])).Code);
        Assert.Single(File.ReadAllLines(file));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }
    }

    [Theory]
    [InlineData("nonsense", "It is not JSON")]
    [InlineData("[]", "It is not a JSON object.")]
    [InlineData("""{"topics":["t"]}""", "\"data\" is missing.")]
    [InlineData("""{"data":"x"}""", "\"topics\" is missing.")]
    [InlineData("""{"topics":[],"data":"x"}""", "\"topics\" must be an array with at least one topic.")]
    [InlineData("""{"topics":["*"],"data":"x"}""", "A topic cannot be \"*\"")]
    [InlineData("""{"topics":[1],"data":"x"}""", "\"topics\" must be a text.")]
    [InlineData("""{"topics":["t"],"data":"x","topic":"t"}""", "\"topic\" means nothing here")]
    [InlineData("""{"topics":["t"],"data":"x","data":"y"}""", "It is not JSON")]
    [InlineData("""{"topics":["t"],"data":"\ud800"}""", "\"data\" holds half a surrogate pair")]
    [InlineData("""{"topics":["t"],"data":"x","type":"a\nb"}""", "An event type cannot hold the control or format character U+000A.")]
    [InlineData("""{"topics":["t"],"data":"x","type":"tidings-gap"}""", "The event type \"tidings-gap\" is reserved")]
    [InlineData("""{"topics":["t"],"data":"x","id":"#1"}""", "The event id \"#1\" is reserved")]
    [InlineData("""{"topics":["t"],"data":"x","retry":-1}""", "\"retry\" must be a whole number from 0 to 2147483647.")]
    [InlineData("""{"topics":["t"],"data":"x","private":"no"}""", "\"private\" must be true or false.")]
    [InlineData("""{"topics":["t"],"data":"x","publishedAt":"2026-01-31"}""", "\"publishedAt\" must be a time such as")]
    [InlineData("""{"topics":["t"],"data":"x","publishedAt":"2026-01-31T12:00:00"}""", "\"publishedAt\" must be a time such as")]
    public async Task A_line_that_is_no_event_is_named_with_its_cause_and_nothing_of_its_batch_is_stored(string line, string cause)
    {
        await using TestLog log = await TestLog.StartAsync(isRunning: false);

        (ExitCode code, _, string error) = await log.RunAsync(["import"], $$"""{"topics":["t"],"data":"good"}{{"\n"}}{{line}}""");

        Assert.Equal(ExitCode.Usage, code);
        Assert.Contains($"Line 2: {cause}", error, StringComparison.Ordinal);
        Assert.Contains("Nothing was imported.", error, StringComparison.Ordinal);
        Assert.Contains("\"events\":3,", (await log.RunAsync(["stats", "--json"])).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_import_of_something_that_is_no_text_is_refused_instead_of_repaired()
    {
        await using TestLog log = await TestLog.StartAsync(isRunning: false);
        var terminal = new TestTerminal { Input = new MemoryStream([(byte)'{', 0xFF]) };

        Assert.Equal(ExitCode.Usage, await terminal.RunAsync("log", "import", "--data", log.Directory));
        Assert.Contains("is not text in UTF-8. Nothing was imported.", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Input_is_not_awaited_from_the_keyboard()
    {
        await using var log = new TestLog();
        var terminal = new TestTerminal { IsInputTyped = true };

        Assert.Equal(ExitCode.Usage, await terminal.RunAsync("log", "import", "--data", log.Directory));
        Assert.StartsWith("tidings: There is nothing to import: name a file", terminal.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(log.Directory));
    }

    [Theory]
    [InlineData(true, "xterm", "\r\e[K3 events exported …\r\e[K")]
    [InlineData(true, "dumb", "")]
    [InlineData(false, "xterm", "")]
    public async Task Progress_is_shown_to_people_alone_and_wiped_away_afterwards(bool isErrorSeen, string term, string expected)
    {
        await using TestLog log = await TestLog.StartAsync();
        var terminal = new TestTerminal { IsErrorSeen = isErrorSeen, Variables = { ["TERM"] = term }, Time = new FakeTimeProvider() };

        await terminal.RunAsync("log", "export", "--data", log.Directory, "--output", log.PathOf("events.ndjson"));

        Assert.Equal(expected, terminal.Error);
    }

    [Fact]
    public async Task An_import_that_ends_early_says_how_far_it_came()
    {
        await using TestLog log = await TestLog.StartAsync(isRunning: false);
        string good = string.Concat(Enumerable.Repeat("""{"topics":["t"],"data":"x"}""" + "\n", 600));

        string error = (await log.RunAsync(["import"], good + "bad\n")).Error;

        Assert.Contains("Line 601: ", error, StringComparison.Ordinal);
        Assert.Contains("Lines 1 to 512 were imported, and none after that: mend the cause and go on with line 513.", error, StringComparison.Ordinal);
        Assert.Contains("\"events\":515,", (await log.RunAsync(["stats", "--json"])).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Import_and_prune_leave_the_log_of_a_running_hub_alone_and_say_why()
    {
        await using TestLog log = await TestLog.StartAsync();

        (ExitCode code, _, string error) = await log.RunAsync(["import"], """{"topics":["t"],"data":"x"}""");
        Assert.Equal(ExitCode.Failure, code);
        Assert.Contains("is in use by another process. Stop that one", error, StringComparison.Ordinal);

        (code, _, error) = await log.RunAsync(["prune"]);
        Assert.Equal(ExitCode.Failure, code);
        Assert.Contains("prunes it by itself", error, StringComparison.Ordinal);
        Assert.Contains("Tidings:SqliteLog:Retention (MaxAge, MaxEvents, MaxBytes) and Tidings:SqliteLog:TopicRetention", error, StringComparison.Ordinal);
        Assert.Contains("\"events\":3,", (await log.RunAsync(["stats", "--json"])).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Prune_removes_what_the_hub_s_settings_no_longer_keep()
    {
        await using TestLog log = await TestLog.StartAsync(isRunning: false);

        (int code, string output, string error) = await RunningCommand.RunAsync(
            ["log", "prune", "--data", log.Directory], [("TIDINGS__SQLITELOG__RETENTION__MAXEVENTS", "1")]);

        Assert.Equal((0, "2 events removed, 1 kept; 0 idempotency keys removed.\n", ""), (code, output, error));
        Assert.Contains("\"floor\":3,", (await log.RunAsync(["stats", "--json"])).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_hub_starts_from_a_backup_and_tells_a_gap_to_those_who_saw_more(bool isRunning)
    {
        await using TestLog log = await TestLog.StartAsync(isRunning);
        string backup = log.PathOf("backup");
        Assert.Equal((ExitCode.Ok, $"3 events copied to {backup}.\n", ""), await log.RunAsync(["backup", backup]));
        Assert.Contains("is not empty", (await log.RunAsync(["backup", backup])).Error, StringComparison.Ordinal);

        if (!isRunning)
        {
            await log.StartHubAsync();
        }

        string lost = (await log.Broker.PublishAsync("news", "after the backup")).Value;
        await log.StopHubAsync();
        await log.StartHubAsync(("Tidings:SqliteLog:Directory", backup));

        await using Subscriber subscriber = await log.Broker.SubscribeAsync(new SubscribeOptions(TopicMatcher.All) { StartAt = StartAt.After(lost) });
        Assert.Equal(GapReason.Epoch, subscriber.StartGap?.Reason);
    }
}
