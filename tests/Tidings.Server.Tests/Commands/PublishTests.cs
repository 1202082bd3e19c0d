using System.IO.Pipelines;

namespace Tidings.Server.Tests.Commands;

public sealed class PublishTests
{
    [Fact]
    public async Task Data_is_published_and_the_id_printed()
    {
        await using TestHub hub = await TestHub.StartAsync();
        var terminal = new TestTerminal();

        ExitCode code = await terminal.RunAsync("publish", "--hub", $"{hub.Url}", "--topic", "news", "--data", "hi");

        Assert.Equal((ExitCode.Ok, ""), (code, terminal.Error));
        Assert.Equal($"data: hi\nid: {terminal.Output.TrimEnd()}\n\n", await hub.ReadFramesAsync("news", 1));
    }

    [Fact]
    public async Task Type_id_and_retry_are_those_that_were_given()
    {
        await using TestHub hub = await TestHub.StartAsync();
        var terminal = new TestTerminal();

        await terminal.RunAsync("publish", "--hub", $"{hub.Url}", "--topic", "news", "--data", "a&b=c +é", "--type", "paid", "--id", "urn:7", "--retry", "2500");

        Assert.Equal($"urn:7{Environment.NewLine}", terminal.Output);
        Assert.Equal("event: paid\nretry: 2500\ndata: a&b=c +é\nid: urn:7\n\n", await hub.ReadFramesAsync("news", 1));
    }

    [Fact]
    public async Task Every_topic_that_is_given_has_the_event()
    {
        await using TestHub hub = await TestHub.StartAsync();

        await new TestTerminal().RunAsync("publish", "--hub", $"{hub.Url}", "--topic", "one", "--topic", "two", "--data", "hi", "--id", "x");

        Assert.Equal("data: hi\nid: x\n\n", await hub.ReadFramesAsync("one", 1));
        Assert.Equal("data: hi\nid: x\n\n", await hub.ReadFramesAsync("two", 1));
    }

    [Fact]
    public async Task A_private_event_is_stored_but_not_shown_to_just_anybody()
    {
        await using TestHub hub = await TestHub.StartAsync();

        await new TestTerminal().RunAsync("publish", "--hub", $"{hub.Url}", "--topic", "news", "--data", "secret", "--private", "--id", "1");
        await new TestTerminal().RunAsync("publish", "--hub", $"{hub.Url}", "--topic", "news", "--data", "open", "--id", "2");

        Assert.Equal("data: secret\nid: 1\n\ndata: open\nid: 2\n\n", await hub.ReadFramesAsync("news", 2));
        Assert.Equal("data: open", await hub.ReadPublicLineAsync("news"));
    }

    [Theory]
    [InlineData("a\nb\n", "data: a\ndata: b\n")]
    [InlineData("a\r\nb\r\n", "data: a\ndata: b\n")]
    [InlineData("a\n\n", "data: a\ndata: \n")]
    [InlineData("", "data: \n")]
    public async Task Without_data_standard_input_is_one_event(string input, string expected)
    {
        await using TestHub hub = await TestHub.StartAsync();
        var terminal = new TestTerminal { Input = TestTerminal.Typed(input) };

        await terminal.RunAsync("publish", "--hub", $"{hub.Url}", "--topic", "news", "--id", "x");

        Assert.Equal($"{expected}id: x\n\n", await hub.ReadFramesAsync("news", 1));
    }

    [Fact]
    public async Task With_lines_each_line_is_published_as_soon_as_it_comes()
    {
        await using TestHub hub = await TestHub.StartAsync();
        var pipe = new Pipe();
        var terminal = new TestTerminal { Input = pipe.Reader.AsStream() };
        Task<ExitCode> running = terminal.RunAsync("publish", "--hub", $"{hub.Url}", "--topic", "log", "--lines");

        await pipe.Writer.WriteAsync("first\nsec"u8.ToArray());
        string first = await terminal.ReadOutputLineAsync();
        await pipe.Writer.WriteAsync("ond\r\n\nlast"u8.ToArray());
        string second = await terminal.ReadOutputLineAsync();
        await pipe.Writer.CompleteAsync();

        Assert.Equal(ExitCode.Ok, await running);
        string[] ids = terminal.Output.TrimEnd().Split(Environment.NewLine);
        Assert.Equal([first, second], ids[..2]);
        Assert.Equal(
            $"data: first\nid: {ids[0]}\n\ndata: second\nid: {ids[1]}\n\ndata: \nid: {ids[2]}\n\ndata: last\nid: {ids[3]}\n\n",
            await hub.ReadFramesAsync("log", 4));
    }

    [Fact]
    public async Task The_first_line_that_fails_ends_it_and_is_named()
    {
        await using TestHub hub = await TestHub.StartAsync(settings: ("Tidings:MaxFieldBytes", "40"));
        var terminal = new TestTerminal { Input = TestTerminal.Typed($"short\n{new string('x', 50)}\nnever\n") };

        ExitCode code = await terminal.RunAsync("publish", "--hub", $"{hub.Url}", "--topic", "log", "--lines");

        Assert.Equal(ExitCode.Failure, code);
        Assert.Single(terminal.Output.TrimEnd().Split(Environment.NewLine));
        Assert.StartsWith("tidings: Line 2: The hub refuses this (field \"data\", status 413): ", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Data_that_begins_with_an_at_sign_is_not_the_name_of_a_file()
    {
        await using TestHub hub = await TestHub.StartAsync();

        await new TestTerminal().RunAsync("publish", "--hub", $"{hub.Url}", "--topic", "news", "--data", "@home", "--id", "x");

        Assert.Equal("data: @home\nid: x\n\n", await hub.ReadFramesAsync("news", 1));
    }
}
