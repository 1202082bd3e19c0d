using System.Net;
using System.Net.Sockets;
using Tidings.Testing;

namespace Tidings.Server.Tests.Serving;

/// <summary>The real process: what it prints, how it refuses to start, and how it ends.</summary>
public sealed class StartTests
{
    private const string AnyPort = "http://127.0.0.1:0";

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task A_hub_starts_says_where_it_is_and_stops_when_told(string signal)
    {
        await using RunningCommand command = RunningCommand.Start(["serve", "--dev", "--urls", AnyPort, "--set", "Tidings:DrainWindow=00:05:00"]);
        Uri hub = await command.HubAsync();
        await using (TestStream stream = await TestStream.OpenAsync(new HttpClient(), new HttpRequestMessage(HttpMethod.Get, $"{hub}?match=*")))
        {
            command.Signal(signal);

            // Then it leaves, so that nobody has to be cut however long the machine stalls.
            await stream.ReadUntilAsync(text => text.Contains("retry:", StringComparison.Ordinal));
        }

        (int code, string output, string error) = await command.EndAsync();
        Assert.Equal(0, code);
        Assert.Contains($"  page  {new Uri(hub, "/")}", output, StringComparison.Ordinal);
        Assert.Contains("Dev mode: anybody on this machine may publish", output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", RunningCommand.WithoutStalls(error), StringComparison.Ordinal);
        Assert.DoesNotContain("Request", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_dev_mode_there_is_no_page()
    {
        await using RunningCommand command = RunningCommand.Start(["serve", "--urls", AnyPort, "--set", "Tidings:DrainWindow=00:00:00"]);
        await command.HubAsync();
        command.Signal("TERM");
        Assert.DoesNotContain("  page  ", (await command.EndAsync()).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_is_written_into_the_home_directory()
    {
        DirectoryInfo home = Directory.CreateTempSubdirectory("tidings-home-");
        await using RunningCommand command = RunningCommand.Start(
            ["serve", "--log", "memory", "--urls", AnyPort, "--set", "Tidings:DrainWindow=00:00:00"], [("HOME", home.FullName)]);
        await command.HubAsync();
        command.Signal("TERM");
        string error = (await command.EndAsync()).Error;

        Assert.Empty(home.EnumerateFiles("*", SearchOption.AllDirectories));
        Assert.DoesNotContain("warn:", RunningCommand.WithoutStalls(error), StringComparison.Ordinal);
        home.Delete(recursive: true);
    }

    [Theory]
    [InlineData("http://0.0.0.0:0")]
    [InlineData("http://*:0")]
    [InlineData("http://+:0")]
    [InlineData("http://[::]:0")]
    [InlineData("http://203.0.113.7:0")]
    [InlineData("http://hub.example:0")]
    [InlineData("http://localhost.example:0")]
    [InlineData("http://127.0.0.1:0;http://0.0.0.0:0")]
    public async Task Dev_mode_listens_to_nobody_else(string urls) =>
        AssertRefused(await RunningCommand.RunAsync(["serve", "--dev", "--urls", urls]), "Dev mode lets everybody who can connect publish");

    [Fact]
    public async Task Dev_mode_listens_to_nobody_else_wherever_the_address_comes_from()
    {
        const string Complaint = "Dev mode lets everybody who can connect publish";
        AssertRefused(await RunningCommand.RunAsync(["serve", "--dev"], [("ASPNETCORE_URLS", "http://0.0.0.0:0")]), Complaint);
        AssertRefused(await RunningCommand.RunAsync(["serve", "--dev"], appSettings: """{"urls":"http://*:0"}"""), Complaint);
        AssertRefused(await RunningCommand.RunAsync(["serve", "--dev"], [("Kestrel__Endpoints__Http__Url", "http://0.0.0.0:0")]), Complaint);
        AssertRefused(await RunningCommand.RunAsync(["serve", "--urls", "http://0.0.0.0:0"], [("TIDINGS__DEV", "true")]), Complaint);
    }

    [Theory]
    [InlineData("Tidings:HeartbeatInterval=often", "'often' at 'Tidings:HeartbeatInterval'")]
    [InlineData("Tidings:HeartbeatInterval=00:00:00.5", "Tidings:HeartbeatInterval is 00:00:00.5000000; it must be from 00:00:01 to 00:10:00")]
    [InlineData("Tidings:CursorHeartbeatInterval=00:00:00", "Tidings:CursorHeartbeatInterval is 00:00:00; it must be from 00:00:01 to 01:00:00")]
    [InlineData("Tidings:DeadPeerTimeout=02:00:00", "Tidings:DeadPeerTimeout is 02:00:00; it must be from 00:00:01 to 01:00:00")]
    [InlineData("Tidings:SendBufferBytes=4095", "Tidings:SendBufferBytes is 4095; it must be at least 4096.")]
    [InlineData("Tidings:SendBufferBytes=16777217", "Tidings:SendBufferBytes is 16777217; it must be at most 16777216.")]
    [InlineData("Tidings:MaxTopics=0", "Tidings:MaxTopics is 0; it must be at least 1.")]
    [InlineData("Tidings:Broker:LatestTopics=0", "Tidings:Broker:LatestTopics is 0; it must be at least 1.")]
    [InlineData("Tidings:Broker:RingEvents=-1", "Tidings:Broker:RingEvents is -1; it must be at least 1.")]
    [InlineData("Tidings:Connections:MaxTotal=0", "Tidings:Connections:MaxTotal is 0; it must be at least 1.")]
    [InlineData("Tidings:Connections:HeadersTimeout=00:00:00.9", "Tidings:Connections:HeadersTimeout is 00:00:00.9000000; it must be from 00:00:01 to 00:10:00")]
    [InlineData("Tidings:Connections:HeadersTimeout=00:10:00.1", "Tidings:Connections:HeadersTimeout is 00:10:00.1000000; it must be from 00:00:01 to 00:10:00")]
    [InlineData("Tidings:Dev=perhaps", "'perhaps' at 'Tidings:Dev'")]
    [InlineData("urls=localhost", "Urls holds \"localhost\", which is not an address to listen at")]
    [InlineData("urls=http://localhost:x", "Urls holds \"http://localhost:x\", which is not an address to listen at")]
    [InlineData("urls=http://127.0.0.1:99999", "Urls holds \"http://127.0.0.1:99999\", which is not an address to listen at")]
    [InlineData("urls=http://localhost:0", "Dynamic port binding is not supported when binding to localhost")]
    public async Task A_bad_setting_stops_the_start_with_a_sentence_that_names_it(string setting, string sentence) =>
        AssertRefused(await RunningCommand.RunAsync(["serve", "--set", $"urls={AnyPort}", "--set", setting]), sentence);

    [Fact]
    public async Task A_file_that_is_no_json_stops_the_start_and_is_named() =>
        AssertRefused(await RunningCommand.RunAsync(["serve"], appSettings: "{ Tidings"), "appsettings.json");

    [Fact]
    public async Task The_command_line_outranks_the_environment_and_that_the_file()
    {
        const string File = """{"Tidings":{"MaxTopics":-1,"MaxMatchers":-1,"MaxFieldBytes":-1}}""";
        string error = (await RunningCommand.RunAsync(
            ["serve", "--set", "Tidings:MaxTopics=-3"], [("TIDINGS__MAXTOPICS", "-2"), ("TIDINGS__MAXMATCHERS", "-2")], File)).Error;

        Assert.Contains("Tidings:MaxTopics is -3;", error, StringComparison.Ordinal);
        Assert.Contains("Tidings:MaxMatchers is -2;", error, StringComparison.Ordinal);
        Assert.Contains("Tidings:MaxFieldBytes is -1;", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Addresses_are_ranked_like_other_settings()
    {
        // The losers are no addresses: a hub that went by them would not start.
        await using RunningCommand byEnvironment = RunningCommand.Start(["serve"], [("ASPNETCORE_URLS", AnyPort)], """{"urls":"nonsense"}""");
        Assert.Equal("127.0.0.1", (await byEnvironment.HubAsync()).Host);

        await using RunningCommand byCommandLine = RunningCommand.Start(["serve", "--urls", AnyPort], [("ASPNETCORE_URLS", "nonsense")]);
        Assert.Equal("127.0.0.1", (await byCommandLine.HubAsync()).Host);
    }

    [Fact]
    public async Task A_port_in_use_is_exit_code_1_and_one_sentence()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();

        (int code, string output, string error) = await RunningCommand.RunAsync(["serve", "--urls", $"http://{listener.LocalEndpoint}"]);

        Assert.Equal((1, ""), (code, output));
        Assert.Contains($"tidings: Failed to bind to address http://{listener.LocalEndpoint}: address already in use.", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_process_ends_with_the_code_of_its_command() =>
        Assert.Equal(2, (await RunningCommand.RunAsync(["publish"])).Code);

    private static void AssertRefused((int Code, string Output, string Error) result, string sentence)
    {
        Assert.Equal((2, ""), (result.Code, result.Output));
        string complaint = Assert.Single(result.Error.Split('\n'), line => line.StartsWith("tidings: ", StringComparison.Ordinal));
        Assert.Contains(sentence, complaint, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
    }
}
