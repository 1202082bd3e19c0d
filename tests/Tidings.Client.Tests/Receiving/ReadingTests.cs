using System.Net;
using System.Net.Sockets;
using System.Text;
using Tidings.Testing;

namespace Tidings.Client.Tests.Receiving;

/// <summary>Who drives a source, and how a reading ends.</summary>
public sealed class ReadingTests
{
    private readonly ObservedTimeProvider _time = new();

    [Fact]
    public async Task The_network_is_read_only_when_the_reader_asks_for_more()
    {
        var body = new OneEventARead();
        await using var source = new EventSource("http://a.example/", new EventSourceOptions { Handler = new Answer(body), TimeProvider = _time });
        int taken = 0;
        await foreach (ServerSentEvent e in source.ReadAllAsync())
        {
            Assert.Equal(taken.ToString(), e.Data);
            Assert.Equal(++taken, body.Reads);
            if (taken == 100)
            {
                source.Close();
            }
        }

        Assert.Equal(100, taken);
    }

    [Fact]
    public async Task A_reading_that_was_left_is_resumed_by_the_next_after_the_last_event_taken()
    {
        await using var server = ScriptedServer.Start();
        await using EventSource source = NewSource(server);
        Task<ScriptedConnection> accepting = server.AcceptStreamAsync("id: 1\ndata: a\n\nid: 2\ndata: b\n\n");
        await foreach (ServerSentEvent e in source.ReadAllAsync())
        {
            Assert.Equal("a", e.Data);
            break; // Event 2 has arrived as well, but nobody took it.
        }

        await (await accepting).WaitForCloseAsync();
        Assert.Equal(ReadyState.Connecting, source.ReadyState);
        await using IAsyncEnumerator<ServerSentEvent> reader = source.ReadAllAsync().GetAsyncEnumerator();
        ValueTask<bool> next = reader.MoveNextAsync();
        Assert.Equal("1", (await server.AcceptRequestAsync()).Request.Header("Last-Event-ID"));
        source.Close();
        Assert.False(await next);
    }

    [Fact]
    public async Task A_second_reader_is_refused()
    {
        await using var server = ScriptedServer.Start();
        await using EventSource source = NewSource(server);
        Task running = source.RunAsync();
        await server.AcceptStreamAsync();

        await Assert.ThrowsAsync<InvalidOperationException>(() => source.RunAsync());
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await source.ReadAllAsync().GetAsyncEnumerator().MoveNextAsync());
        source.Close();
        await running;
    }

    [Fact]
    public async Task Cancellation_ends_the_reading_with_its_own_token_and_cuts_the_connection()
    {
        await using var server = ScriptedServer.Start();
        await using EventSource source = NewSource(server);
        using var cancellation = new CancellationTokenSource();
        Task running = source.RunAsync(cancellation.Token);
        ScriptedConnection connection = await server.AcceptStreamAsync();

        await cancellation.CancelAsync();

        OperationCanceledException e = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        Assert.Equal(cancellation.Token, e.CancellationToken);
        await connection.WaitForCloseAsync();
        Assert.Equal(ReadyState.Connecting, source.ReadyState);
    }

    [Fact]
    public async Task A_read_that_cancellation_has_cut_is_not_told_as_the_end_of_the_stream()
    {
        using var cancellation = new CancellationTokenSource();
        var body = new CutInRead(cancellation);
        await using var source = new EventSource("http://a.example/", new EventSourceOptions { Handler = new Answer(body), TimeProvider = _time });
        source.ErrorOccurred += (_, e) => Assert.Fail(e.Error.Message);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => source.RunAsync(cancellation.Token));
    }

    [Fact]
    public async Task Cancellation_ends_the_wait_for_a_reconnection()
    {
        await using var server = ScriptedServer.Start();
        await using EventSource source = NewSource(server);
        using var cancellation = new CancellationTokenSource();
        Task running = source.RunAsync(cancellation.Token);
        (await server.AcceptStreamAsync()).Close();
        await _time.NextWaitAsync();

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        Assert.Equal(0, _time.TimerCount);
    }

    [Fact]
    public async Task Close_ends_the_reading_and_cuts_the_connection_without_a_notification()
    {
        await using var server = ScriptedServer.Start();
        await using var client = TestClient.Start(server.Url, new EventSourceOptions { TimeProvider = _time });
        ScriptedConnection connection = await server.AcceptStreamAsync();
        await client.ExpectAsync("open Open");

        client.Source.Close();

        Assert.Equal(ReadyState.Closed, client.Source.ReadyState);
        await client.ExpectAsync("ended");
        await connection.WaitForCloseAsync();
    }

    [Fact]
    public async Task Close_cuts_the_connection_also_while_the_reader_is_busy()
    {
        await using var server = ScriptedServer.Start();
        await using EventSource source = NewSource(server);
        await using IAsyncEnumerator<ServerSentEvent> reader = source.ReadAllAsync().GetAsyncEnumerator();
        ValueTask<bool> next = reader.MoveNextAsync();
        ScriptedConnection connection = await server.AcceptStreamAsync("data: a\n\ndata: b\n\n");
        Assert.True(await next);

        source.Close();

        await connection.WaitForCloseAsync();
        Assert.False(await reader.MoveNextAsync()); // Event b has arrived, but a closed source dispatches nothing.
    }

    [Fact]
    public async Task Close_while_connecting_abandons_the_request()
    {
        await using var server = ScriptedServer.Start();
        await using var client = TestClient.Start(server.Url, new EventSourceOptions { TimeProvider = _time });
        (ScriptedConnection connection, _) = await server.AcceptRequestAsync();
        client.Source.Close();
        await client.ExpectAsync("ended");
        await connection.WaitForCloseAsync();
    }

    [Theory]
    [InlineData(typeof(HttpRequestException))]
    [InlineData(typeof(IOException))]
    [InlineData(typeof(SocketException))]
    public async Task A_failure_that_closing_caused_is_not_told(Type failure)
    {
        using var handler = new Failing();
        await using var source = new EventSource("http://a.example/", new EventSourceOptions { Handler = handler, TimeProvider = _time });
        source.ErrorOccurred += (_, e) => Assert.Fail(e.Error.Message);
        handler.Fail = () =>
        {
            source.Close();
            throw (Exception)Activator.CreateInstance(failure)!; // Each has a constructor without parameters.
        };
        await source.RunAsync();
    }

    [Theory]
    [InlineData(typeof(HttpRequestException))]
    [InlineData(typeof(IOException))]
    [InlineData(typeof(TimeoutException))]
    [InlineData(typeof(SocketException))] // what the framework throws when a connection is reset the moment it stands
    public async Task A_connection_that_fails_is_told_and_tried_again(Type failure)
    {
        using var handler = new Failing { Fail = () => throw (Exception)Activator.CreateInstance(failure)! }; // Each has a constructor without parameters.
        await using var source = new EventSource("http://a.example/", new EventSourceOptions { Handler = handler, TimeProvider = _time });
        var told = new List<EventSourceErrorReason>();
        source.ErrorOccurred += (_, e) => told.Add(e.Error.Reason);
        Task running = source.RunAsync();

        Task<TimeSpan> waiting = _time.NextWaitAsync();
        await await Task.WhenAny(running, waiting); // a reading that ends will not wait
        _time.Advance(await waiting);
        await _time.NextWaitAsync();
        source.Close();
        await running;

        Assert.Equal(TimeSpan.FromSeconds(3), await waiting);
        Assert.Equal([EventSourceErrorReason.ConnectionFailed, EventSourceErrorReason.ConnectionFailed], told);
    }

    [Fact]
    public async Task An_unexpected_failure_of_the_handler_reaches_the_caller()
    {
        using var handler = new Failing { Fail = () => throw new NotSupportedException() };
        await using var source = new EventSource("http://a.example/", new EventSourceOptions { Handler = handler, TimeProvider = _time });
        await Assert.ThrowsAsync<NotSupportedException>(() => source.RunAsync());
    }

    [Fact]
    public async Task Close_while_waiting_to_reconnect_is_the_end()
    {
        await using var server = ScriptedServer.Start();
        await using var client = TestClient.Start(server.Url, new EventSourceOptions { TimeProvider = _time });
        (await server.AcceptStreamAsync()).Close();
        await _time.NextWaitAsync();
        client.Source.Close();
        await client.ExpectAsync("open Open", "error StreamEnded Connecting", "ended");
        Assert.Equal(0, _time.TimerCount);
        Assert.False(server.HasPendingConnection);
    }

    [Fact]
    public async Task Close_when_the_stream_opens_is_the_end()
    {
        await using var server = ScriptedServer.Start();
        await using EventSource source = NewSource(server);
        var states = new List<ReadyState> { source.ReadyState };
        source.Opened += (_, _) =>
        {
            states.Add(source.ReadyState);
            source.Close();
            states.Add(source.ReadyState);
        };
        source.MessageReceived += (_, _) => states.Add(source.ReadyState);
        Task running = source.RunAsync();
        await server.AcceptStreamAsync("data: a\n\n");
        await running;
        Assert.Equal([ReadyState.Connecting, ReadyState.Open, ReadyState.Closed], states);
    }

    [Fact]
    public async Task Close_when_an_error_is_told_is_the_end()
    {
        await using var server = ScriptedServer.Start();
        await using EventSource source = NewSource(server);
        source.ErrorOccurred += (_, _) => source.Close();
        Task running = source.RunAsync();
        (await server.AcceptStreamAsync()).Close();
        await running;
        Assert.Equal(0, _time.TimerCount);
    }

    [Fact]
    public async Task A_closed_source_is_never_read_again()
    {
        await using var server = ScriptedServer.Start();
        await using EventSource source = NewSource(server);
        source.Close();
        source.Close();
        await source.RunAsync();
        Assert.False(server.HasPendingConnection);
    }

    [Fact]
    public async Task A_source_that_failed_for_good_says_so_to_every_later_reader()
    {
        await using var server = ScriptedServer.Start();
        await using EventSource source = NewSource(server);
        Task running = source.RunAsync();
        await server.AnswerAsync("HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n");
        EventSourceException first = await Assert.ThrowsAsync<EventSourceException>(() => running);
        EventSourceException second = await Assert.ThrowsAsync<EventSourceException>(() => source.RunAsync());
        Assert.Same(first.Error, second.Error);
        Assert.Equal("The server answered 410 instead of 200.", first.Message);
    }

    [Fact]
    public async Task What_a_listener_throws_ends_the_reading_and_reaches_the_caller()
    {
        await using var server = ScriptedServer.Start();
        await using EventSource source = NewSource(server);
        source.MessageReceived += (_, _) => throw new FormatException("bad data");
        Task running = source.RunAsync();
        ScriptedConnection connection = await server.AcceptStreamAsync("data: a\n\n");
        await Assert.ThrowsAsync<FormatException>(() => running);
        await connection.WaitForCloseAsync();
    }

    [Fact]
    public async Task Events_are_parsed_without_strings_when_the_reader_brings_a_parser()
    {
        await using var server = ScriptedServer.Start();
        await using EventSource source = NewSource(server);
        IAsyncEnumerable<int> numbers = source.ReadAllAsync((in Utf8Event e) => int.Parse(e.Data));
        await using IAsyncEnumerator<int> reader = numbers.GetAsyncEnumerator();
        ValueTask<bool> next = reader.MoveNextAsync();
        await server.AcceptStreamAsync("id: 9\ndata: 17\n\nevent: t\ndata: 18\n\n");
        Assert.True(await next);
        Assert.Equal((17, "9"), (reader.Current, source.LastEventId));
        Assert.True(await reader.MoveNextAsync());
        Assert.Equal(18, reader.Current);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/relative")]
    [InlineData("ftp://a.example/")]
    [InlineData("file:///tmp/x")]
    public void A_url_that_is_not_absolute_http_is_refused(string url) => Assert.Throws<ArgumentException>(() => new EventSource(url));

    [Fact]
    public void A_text_that_is_no_url_is_refused() => Assert.Throws<UriFormatException>(() => new EventSource("http://this is invalid/"));

    [Fact]
    public void Client_and_handler_exclude_each_other()
    {
        using var client = new HttpClient();
        using SocketsHttpHandler handler = EventSource.CreateHandler();
        Assert.Throws<ArgumentException>(() => new EventSource("http://a.example/", new EventSourceOptions { HttpClient = client, Handler = handler }));
    }

    private EventSource NewSource(ScriptedServer server) => new(server.Url, new EventSourceOptions { TimeProvider = _time });

    private sealed class Failing : HttpMessageHandler
    {
        public Action Fail { get; set; } = () => { };

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Fail();
            return Task.FromCanceled<HttpResponseMessage>(new CancellationToken(canceled: true));
        }
    }

    private sealed class Answer(Stream body) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var content = new StreamContent(body);
            content.Headers.TryAddWithoutValidation("Content-Type", "text/event-stream");
            return Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = content, RequestMessage = request });
        }
    }

    private sealed class OneEventARead : MemoryStream
    {
        public int Reads { get; private set; }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            byte[] frame = Encoding.UTF8.GetBytes($"data: {Reads++}\n\n");
            frame.CopyTo(buffer);
            return ValueTask.FromResult(frame.Length);
        }
    }

    // The framework's streams have nothing more to read once their response is disposed of.
    private sealed class CutInRead(CancellationTokenSource cancellation) : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            cancellation.Cancel();
            return ValueTask.FromResult(0);
        }
    }
}
