using System.Net;
using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json;
using Tidings.Testing;

namespace Tidings.Browser.Tests.Showcase;

/// <summary>The import without a browser: what is refused, what is counted, what it costs, and how a stream goes on.</summary>
public sealed class ImportOverHttpTests : IAsyncLifetime
{
    // 50,000 items a second.
    private const double Fast = 0.02;

    private const long MaxBytes = 200 * 1024 * 1024;

    private readonly HttpClient _client = new(new SocketsHttpHandler { Expect100ContinueTimeout = Hang.Limit }) { Timeout = Hang.Limit };
    private readonly CancellationTokenSource _patience = new(Hang.Limit);
    private ShowcaseServer? _server;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        _patience.Dispose();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_large_file_is_imported_without_being_in_memory()
    {
        const int Items = 30_000;
        ShowcaseServer server = await StartAsync(Fast);
        await using IAsyncEnumerator<SseItem<string>> events = await WatchAsync();
        long before = server.PeakMemory;
        Assert.Equal(HttpStatusCode.Accepted, (await UploadAsync(new LinesContent(Items, Encoding.UTF8.GetBytes($"1,{new string('x', 3997)}\n")))).StatusCode);

        (JsonElement progress, int items, JsonElement end) = await ReadToEndAsync(events);
        Assert.True(progress.GetProperty("bytes").GetInt64() > 119_000_000);
        Assert.Equal(Items, items);
        Assert.Equal("finished", end.GetProperty("state").GetString());
        long grown = server.PeakMemory - before;
        Assert.True(grown < 60_000_000, $"A file of 120 MB took {grown / 1_000_000} MB of memory.");
    }

    [Fact]
    public async Task Each_item_is_an_event_and_a_stream_that_comes_back_goes_on_behind_the_last()
    {
        await StartAsync(Fast);
        await using IAsyncEnumerator<SseItem<string>> events = await WatchAsync();
        string lines = string.Concat(Enumerable.Range(1, 130).Select(i => i % 50 == 0 ? $"{i},too,many\n" : $"{i},{i / 2.0}\n"));
        Assert.Equal(HttpStatusCode.Accepted, (await UploadAsync("id,amount\n" + lines)).StatusCode);
        (_, string[] told, string[] ids, JsonElement end) = await ReadItemsAsync(events);

        Assert.Equal(Enumerable.Range(1, 130).Select(i => i % 50 == 0 ? "bad" : $"{i}"), told);
        string import = ids[0].Split('-')[0];
        Assert.Equal(Enumerable.Range(1, 130).Select(i => $"{import}-{i}"), ids);
        JsonElement amount = end.GetProperty("columns")[1];
        Assert.Equal("amount", amount.GetProperty("name").GetString());
        Assert.Equal(128, amount.GetProperty("numbers").GetInt32());
        Assert.Equal(Enumerable.Range(1, 130).Where(i => i % 50 != 0).Sum(i => i / 2.0), amount.GetProperty("sum").GetDouble());
        Assert.Equal((0.5, 65.0), (amount.GetProperty("min").GetDouble(), amount.GetProperty("max").GetDouble()));

        await using IAsyncEnumerator<SseItem<string>> resumed = await WatchAsync(ids[39]);
        (string first, string[] rest, _, _) = await ReadItemsAsync(resumed);
        Assert.Equal("progress", first);
        Assert.Equal(told[40..], rest);

        // Who comes anew is told what there is, and no item twice.
        await using IAsyncEnumerator<SseItem<string>> late = await WatchAsync();
        SseItem<string> snapshot = late.Current;
        Assert.Equal((130, 2), (Json(snapshot).GetProperty("items").GetInt32(), Json(snapshot).GetProperty("bad").GetArrayLength()));
        (_, string[] none, _, _) = await ReadItemsAsync(late);
        Assert.Empty(none);
    }

    [Theory]
    [InlineData("a,b\n1,2\n3\n4,5\n", 3, "fields: 1 instead of 2")]
    [InlineData("a,b\r\n1,\"two\r\nlines\"\r\n1,2,3\r\n", 4, "fields: 3 instead of 2")]
    [InlineData("a;b\n1,5;\"two; \"\"quoted\"\"\"\n\n1;2;3", 4, "fields: 3 instead of 2")]
    [InlineData("a,b\n1,\"x\"y\n4,5\n", 2, "text follows a closing quote")]
    [InlineData("a,b\n1,x\"y\n4,5\n", 2, "a quote stands within a field that does not begin with one")]
    [InlineData("a,b\n1,2\n4,\"5\n6,7", 3, "the file ends within quotes")]
    [InlineData("a,b\n1,\u0000\n", 2, "field 2 is not UTF-8")]
    public async Task A_bad_line_is_reported_by_its_number_and_the_others_are_imported(string csv, int line, string problem)
    {
        await StartAsync(Fast);
        await using IAsyncEnumerator<SseItem<string>> events = await WatchAsync();
        byte[] bytes = [.. Encoding.UTF8.GetBytes(csv).Select(b => b == 0 ? (byte)0xFF : b)];
        await UploadAsync(new ByteArrayContent(bytes));

        var bad = new List<JsonElement>();
        while (await NextAsync(events) is { EventType: not "end" } item)
        {
            bad.AddRange(item.EventType == "bad" ? [Json(item)] : []);
        }

        JsonElement only = Assert.Single(bad);
        Assert.Equal((line, problem), (only.GetProperty("line").GetInt32(), only.GetProperty("problem").GetString()));
        Assert.Equal("finished", Json(events.Current).GetProperty("state").GetString());
    }

    [Fact]
    public async Task A_quote_that_is_never_closed_costs_one_record_and_no_memory()
    {
        await StartAsync(Fast);
        await using IAsyncEnumerator<SseItem<string>> events = await WatchAsync();
        await UploadAsync("a,b\n1,\"never closed\n" + string.Concat(Enumerable.Repeat("1,2\n", 20_000)));
        (_, string[] told, _, JsonElement end) = await ReadItemsAsync(events);

        Assert.Equal("bad", told[0]);
        Assert.InRange(told.Length, 20_000 - (64 * 1024 / 4), 20_000 - (64 * 1024 / 4) + 10);
        Assert.Equal("finished", end.GetProperty("state").GetString());
    }

    [Theory]
    [InlineData("", "The file does not begin with the names")]
    [InlineData("\"a\"b,c\n", "The file does not begin with the names")]
    public async Task A_file_without_a_header_is_none(string csv, string why)
    {
        await StartAsync(Fast);
        await using IAsyncEnumerator<SseItem<string>> events = await WatchAsync();
        await UploadAsync(csv);
        (_, _, _, JsonElement end) = await ReadItemsAsync(events);

        Assert.Equal("failed", end.GetProperty("state").GetString());
        Assert.StartsWith(why, end.GetProperty("why").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_with_too_many_bad_lines_is_given_up()
    {
        await StartAsync(Fast);
        await using IAsyncEnumerator<SseItem<string>> events = await WatchAsync();
        await UploadAsync("a,b\n" + string.Concat(Enumerable.Repeat("1\n", 5000)));
        (_, string[] told, _, JsonElement end) = await ReadItemsAsync(events);

        Assert.Equal(("failed", "More than 1,000 lines are bad."), (end.GetProperty("state").GetString(), end.GetProperty("why").GetString()));
        Assert.InRange(told.Length, 1001, 1100);
    }

    [Fact]
    public async Task What_is_too_large_or_no_csv_is_refused_with_a_reason()
    {
        await StartAsync(Fast);
        using var plain = new StringContent("a,b\n", Encoding.UTF8, "text/plain");
        using HttpResponseMessage noCsv = await _client.PostAsync(Address("/imports?name=x"), plain, _patience.Token);
        Assert.Equal((415, "Send the file as text/csv."), (await RefusalOfAsync(noCsv)));

        // Told by the length alone: not a byte of it is sent.
        using var tooLong = new HttpRequestMessage(HttpMethod.Post, Address("/imports?name=x")) { Content = new LinesContent((int)(MaxBytes / 1000) + 1, new byte[1000]) };
        tooLong.Content.Headers.ContentType = new MediaTypeHeaderValue("text/csv");
        tooLong.Headers.ExpectContinue = true;
        using HttpResponseMessage large = await _client.SendAsync(tooLong, _patience.Token);
        Assert.Equal((413, "The file is larger than 200 MiB."), await RefusalOfAsync(large));

        using HttpResponseMessage nameless = await UploadAsync("a,b\n", "/imports");
        Assert.Equal(HttpStatusCode.BadRequest, nameless.StatusCode);
    }

    [Fact]
    public async Task A_body_that_does_not_say_how_long_it_is_is_counted()
    {
        await StartAsync(Fast);
        await using IAsyncEnumerator<SseItem<string>> events = await WatchAsync();
        try
        {
            using HttpResponseMessage response = await UploadAsync(new LinesContent((int)(MaxBytes / 1000) + 5000, new byte[1000]) { IsLengthTold = false });
            Assert.Equal((413, "The file is larger than 200 MiB."), await RefusalOfAsync(response));
        }
        catch (HttpRequestException)
        {
            // The answer came while the body was still being sent: some clients then see the connection's end only.
        }

        (_, _, _, JsonElement end) = await ReadItemsAsync(events);
        Assert.Equal(("failed", "The file is larger than 200 MiB."), (end.GetProperty("state").GetString(), end.GetProperty("why").GetString()));
    }

    [Fact]
    public async Task There_is_one_import_at_a_time_until_it_is_over_or_cancelled()
    {
        await StartAsync(pace: 10);
        await using IAsyncEnumerator<SseItem<string>> events = await WatchAsync();
        string lines = "a,b\n" + string.Concat(Enumerable.Repeat("1,2\n", 10_000));
        using HttpResponseMessage first = await UploadAsync(lines);
        using HttpResponseMessage second = await UploadAsync(lines);
        Assert.Equal(HttpStatusCode.Accepted, first.StatusCode);
        Assert.Equal((409, "Another import is not over yet. Wait for it, or cancel it."), await RefusalOfAsync(second));

        using HttpResponseMessage cancelled = await _client.DeleteAsync(Address("/imports/current"), _patience.Token);
        Assert.Equal(HttpStatusCode.NoContent, cancelled.StatusCode);
        (_, string[] told, _, JsonElement end) = await ReadItemsAsync(events);
        Assert.Equal("cancelled", end.GetProperty("state").GetString());
        Assert.True(told.Length < 10_000);

        using HttpResponseMessage nothing = await _client.DeleteAsync(Address("/imports/current"), _patience.Token);
        Assert.Equal(HttpStatusCode.NotFound, nothing.StatusCode);
        using HttpResponseMessage next = await UploadAsync(lines);
        Assert.Equal(HttpStatusCode.Accepted, next.StatusCode);
    }

    [Fact]
    public async Task An_upload_that_breaks_off_fails_and_makes_room_for_the_next()
    {
        await StartAsync(Fast);
        await using IAsyncEnumerator<SseItem<string>> events = await WatchAsync();
        using var giveUp = new CancellationTokenSource();
        var stalled = new LinesContent(1000, "1,2\n"u8.ToArray()) { StallsAfter = 10 };
        stalled.Headers.ContentType = new MediaTypeHeaderValue("text/csv");
        Task<HttpResponseMessage> upload = _client.PostAsync(Address("/imports?name=x"), stalled, giveUp.Token);
        while (await NextAsync(events) is not { EventType: "progress" } item || Json(item).GetProperty("state").GetString() != "receiving")
        {
        }

        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => upload);
        (_, _, _, JsonElement end) = await ReadItemsAsync(events);
        Assert.Equal(("failed", "The upload broke off."), (end.GetProperty("state").GetString(), end.GetProperty("why").GetString()));
        using HttpResponseMessage next = await UploadAsync("a,b\n1,2\n");
        Assert.Equal(HttpStatusCode.Accepted, next.StatusCode);
    }

    private static JsonElement Json(SseItem<string> item) => JsonElement.Parse(item.Data);

    private static async Task<(int Status, string? Detail)> RefusalOfAsync(HttpResponseMessage response) =>
        ((int)response.StatusCode, JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("detail").GetString());

    private static async Task<SseItem<string>> NextAsync(IAsyncEnumerator<SseItem<string>> events) =>
        await events.MoveNextAsync() ? events.Current : throw new EndOfStreamException("The stream has ended.");

    private static async Task<(JsonElement Progress, int Items, JsonElement End)> ReadToEndAsync(IAsyncEnumerator<SseItem<string>> events)
    {
        JsonElement progress = default;
        int items = 0;
        while (await NextAsync(events) is { EventType: not "end" } item)
        {
            items += item.EventType is "item" or "bad" ? 1 : 0;
            progress = item.EventType == "progress" ? Json(item) : progress;
        }

        return (progress, items, Json(events.Current));
    }

    private static async Task<(string First, string[] Items, string[] Ids, JsonElement End)> ReadItemsAsync(IAsyncEnumerator<SseItem<string>> events)
    {
        var items = new List<string>();
        var ids = new List<string>();
        string first = "";
        while (await NextAsync(events) is { EventType: not "end" } item)
        {
            first = first.Length == 0 ? item.EventType : first;
            if (item.EventType is "item" or "bad")
            {
                items.Add(item.EventType == "bad" ? "bad" : item.Data);
                ids.Add(item.EventId!); // asserted by its use
            }
        }

        return (first, [.. items], [.. ids], Json(events.Current));
    }

    private async Task<ShowcaseServer> StartAsync(double pace) => _server = await ShowcaseServer.StartAsync(pace);

    private Uri Address(string path) => new(_server!.Address, path); // started first by every test

    /// <summary>Opens the stream; without an id it has told what there is, which is then the current event.</summary>
    private async Task<IAsyncEnumerator<SseItem<string>>> WatchAsync(string? lastEventId = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Address("/imports/events"));
        if (lastEventId is not null)
        {
            request.Headers.Add("Last-Event-ID", lastEventId);
        }

        HttpResponseMessage response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, _patience.Token);
        IAsyncEnumerator<SseItem<string>> events = SseParser.Create(await response.Content.ReadAsStreamAsync(_patience.Token)).EnumerateAsync().GetAsyncEnumerator(_patience.Token);
        if (lastEventId is null)
        {
            Assert.Equal("import", (await NextAsync(events)).EventType);
        }

        return events;
    }

    private Task<HttpResponseMessage> UploadAsync(string csv, string path = "/imports?name=test.csv") => UploadAsync(new ByteArrayContent(Encoding.UTF8.GetBytes(csv)), path);

    private Task<HttpResponseMessage> UploadAsync(HttpContent content, string path = "/imports?name=test.csv")
    {
        content.Headers.ContentType = new MediaTypeHeaderValue("text/csv");
        return _client.PostAsync(Address(path), content, _patience.Token);
    }

    /// <summary>A header and the same line many times, made while it is sent.</summary>
    private sealed class LinesContent(int count, byte[] line) : HttpContent
    {
        private static readonly byte[] HeaderLine = "a,b\n"u8.ToArray();

        public bool IsLengthTold { get; init; } = true;

        public int? StallsAfter { get; init; }

        protected override bool TryComputeLength(out long length)
        {
            length = HeaderLine.Length + ((long)count * line.Length);
            return IsLengthTold;
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            await stream.WriteAsync(HeaderLine, cancellationToken);
            byte[] lines = [.. Enumerable.Repeat(line, 50).SelectMany(bytes => bytes)];
            int sent = 0;
            while (sent < count)
            {
                int next = Math.Min(Math.Min(50, count - sent), StallsAfter ?? 50);
                await stream.WriteAsync(lines.AsMemory(0, next * line.Length), cancellationToken);
                sent += next;
                if (StallsAfter is not null)
                {
                    await stream.FlushAsync(cancellationToken);
                    await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
                }
            }
        }
    }
}
