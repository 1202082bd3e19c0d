using Tidings.Testing;

namespace Tidings.Client.Tests.Receiving;

public sealed class CursorStoreTests : IDisposable
{
    private readonly ObservedTimeProvider _time = new();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tidings-client-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_stored_cursor_is_sent_by_the_first_request()
    {
        await using var server = ScriptedServer.Start();
        await using var client = TestClient.Start(server.Url, WithStore(new MemoryStore("41"), "ignored"));
        Assert.Equal("41", (await server.AcceptRequestAsync()).Request.Header("Last-Event-ID"));
    }

    [Fact]
    public async Task Without_a_stored_cursor_the_option_counts()
    {
        await using var server = ScriptedServer.Start();
        await using var client = TestClient.Start(server.Url, WithStore(new MemoryStore(null), "40"));
        Assert.Equal("40", (await server.AcceptRequestAsync()).Request.Header("Last-Event-ID"));
    }

    [Fact]
    public async Task An_id_is_stored_when_the_reader_comes_back_for_the_next_event()
    {
        await using var server = ScriptedServer.Start();
        var store = new MemoryStore(null);
        await using var source = new EventSource(server.Url, WithStore(store, ""));
        await using IAsyncEnumerator<ServerSentEvent> reader = source.ReadAllAsync().GetAsyncEnumerator();
        Task<bool> first = reader.MoveNextAsync().AsTask();
        ScriptedConnection connection = await server.AcceptStreamAsync("id: 1\ndata: a\n\nid: 2\ndata: b\n\ndata: c\n\n");
        Assert.True(await first);
        Assert.Empty(store.Saved); // A crash now must bring event 1 again.
        Assert.True(await reader.MoveNextAsync());
        Assert.Equal(["1"], store.Saved);
        Assert.True(await reader.MoveNextAsync());
        Task<bool> fourth = reader.MoveNextAsync().AsTask();
        Assert.Equal(["1", "2"], store.Saved); // The third event had no id of its own.
        await connection.SendAsync("id: 4\ndata: d\n\n");
        Assert.True(await fourth);
        Assert.Equal(["1", "2"], store.Saved);
    }

    [Fact]
    public async Task An_id_without_an_event_is_stored_as_well()
    {
        await using var server = ScriptedServer.Start();
        var store = new MemoryStore(null);
        await using var client = TestClient.Start(server.Url, WithStore(store, ""));
        await server.AcceptStreamAsync("id: 3\n\n");
        await store.HasSaved.Task.WaitAsync(Hang.Limit);
        Assert.Equal(["3"], store.Saved);
    }

    [Theory]
    [InlineData(false, "1")]
    [InlineData(true, "1 2")]
    public async Task A_reader_that_closes_has_handled_its_event_and_one_that_leaves_has_not(bool closes, string saved)
    {
        await using var server = ScriptedServer.Start();
        var store = new MemoryStore(null);
        await using var source = new EventSource(server.Url, WithStore(store, ""));
        Task<ScriptedConnection> accepting = server.AcceptStreamAsync("id: 1\ndata: a\n\nid: 2\ndata: b\n\n");
        await foreach (ServerSentEvent e in source.ReadAllAsync())
        {
            if (e.Data == "b" && !closes)
            {
                break;
            }

            if (e.Data == "b")
            {
                source.Close();
            }
        }

        await accepting;
        Assert.Equal(saved, string.Join(' ', store.Saved));
    }

    [Fact]
    public async Task A_store_that_fails_ends_the_reading()
    {
        await using var server = ScriptedServer.Start();
        await using var source = new EventSource(server.Url, WithStore(new MemoryStore(null) { IsFull = true }, ""));
        Task running = source.RunAsync();
        await server.AcceptStreamAsync("id: 1\ndata: a\n\n");
        await Assert.ThrowsAsync<IOException>(() => running);
    }

    [Fact]
    public async Task A_damaged_cursor_forges_no_header()
    {
        await using var source = new EventSource("http://127.0.0.1:1/", WithStore(new MemoryStore("1\r\nX-Forged: 1"), ""));
        await Assert.ThrowsAsync<ArgumentException>(() => source.RunAsync());
    }

    [Fact]
    public async Task A_file_written_by_hand_may_end_its_line()
    {
        string path = Path.Combine(_folder.FullName, "cursor");
        await File.WriteAllTextAsync(path, "41\r\n", TestContext.Current.CancellationToken);
        Assert.Equal("41", await new FileCursorStore(path).LoadAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_file_keeps_the_cursor_over_a_restart()
    {
        string path = Path.Combine(_folder.FullName, "cursor");
        Assert.Null(await new FileCursorStore(path).LoadAsync(TestContext.Current.CancellationToken));
        await new FileCursorStore(path).SaveAsync("…é", TestContext.Current.CancellationToken);
        await new FileCursorStore(path).SaveAsync("…éé", TestContext.Current.CancellationToken);
        Assert.Equal("…éé", await new FileCursorStore(path).LoadAsync(TestContext.Current.CancellationToken));
        Assert.Equal("cursor", Assert.Single(_folder.GetFiles()).Name);
        Assert.Equal("…éé"u8.ToArray(), await File.ReadAllBytesAsync(path));
    }

    private EventSourceOptions WithStore(ICursorStore store, string lastEventId) =>
        new() { TimeProvider = _time, CursorStore = store, LastEventId = lastEventId };

    private sealed class MemoryStore(string? initial) : ICursorStore
    {
        public bool IsFull { get; init; }

        public List<string> Saved { get; } = [];

        public TaskCompletionSource HasSaved { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ValueTask<string?> LoadAsync(CancellationToken cancellationToken) => ValueTask.FromResult(initial);

        public ValueTask SaveAsync(string lastEventId, CancellationToken cancellationToken)
        {
            if (IsFull)
            {
                throw new IOException("No space left on device");
            }

            Saved.Add(lastEventId);
            HasSaved.TrySetResult();
            return ValueTask.CompletedTask;
        }
    }
}
