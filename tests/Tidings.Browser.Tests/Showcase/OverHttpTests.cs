using System.Diagnostics;
using System.Net;
using System.Text;
using Tidings.Testing;

namespace Tidings.Browser.Tests.Showcase;

/// <summary>The same programs without a browser: what is on the wire.</summary>
public sealed class OverHttpTests : IDisposable
{
    // Nobody waits for an event of this server: only what comes without one can arrive.
    private const double Still = 1000;
    private const double Fast = 0.05;

    private readonly HttpClient _client = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false });
    private readonly CancellationTokenSource _patience = new(Hang.Limit);
    private ShowcaseServer? _server;

    public void Dispose()
    {
        _client.Dispose();
        _patience.Dispose();
    }

    [Fact]
    public async Task Headers_leave_at_once_and_comments_keep_a_silent_stream_open()
    {
        await using ShowcaseServer server = _server = await ShowcaseServer.StartAsync(Still, heartbeat: TimeSpan.FromSeconds(1));
        using HttpResponseMessage response = await GetAsync("/counter");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.ToString());
        Assert.True(response.Headers.CacheControl?.NoCache);
        Assert.Equal([":", ":", ":"], await ReadLinesAsync(response, 3));
    }

    [Fact]
    public async Task A_person_is_an_event_with_type_reconnection_time_json_and_id()
    {
        await ShareAsync(pace: 1);
        var watch = Stopwatch.StartNew();
        using HttpResponseMessage response = await GetAsync("/getUsers", ("Last-Event-ID", "9"));
        string[] lines = await ReadLinesAsync(response, 9);

        Assert.True(watch.Elapsed >= TimeSpan.FromSeconds(1.9), $"One every 2 s, but it came after {watch.Elapsed}.");
        Assert.Equal([":", "event: randomUser", "retry: 5000"], lines[..3]);
        Assert.Equal(["id: 10", "", "data: ", "id: -1", ""], lines[4..]);
        Assert.StartsWith("data: {", lines[3], StringComparison.Ordinal);
        using var json = System.Text.Json.JsonDocument.Parse(lines[3]["data: ".Length..]);
        System.Text.Json.JsonElement person = json.RootElement;
        Assert.Equal(["id", "name", "login", "email", "dob", "picture"], person.EnumerateObject().Select(property => property.Name).ToArray());
        Assert.Equal("0010", person.GetProperty("id").GetProperty("value").GetString());
        Assert.NotEmpty(person.GetProperty("name").GetProperty("title").GetString()!); // the property is asserted by being read
        Assert.NotEmpty(person.GetProperty("login").GetProperty("username").GetString()!);
        Assert.InRange(person.GetProperty("dob").GetProperty("age").GetInt32(), 18, 100);
        Assert.All(["large", "medium", "thumbnail"], size =>
            Assert.StartsWith("data:image/svg+xml,", person.GetProperty("picture").GetProperty(size).GetString(), StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_client_that_has_three_people_gets_the_fourth_and_everybody_is_who_they_were()
    {
        await ShareAsync(Fast);
        using HttpResponseMessage all = await GetAsync("/getUsers");
        string[] everything = await ReadToEndAsync(all);
        using HttpResponseMessage resumed = await GetAsync("/getUsers", ("Last-Event-ID", "3"));
        string[] rest = await ReadToEndAsync(resumed);

        Assert.Equal(["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "-1"], IdsOf(everything));
        Assert.Equal(["4", "5", "6", "7", "8", "9", "10", "-1"], IdsOf(rest));
        Assert.Equal(everything.Where(IsData).Skip(3).ToArray(), rest.Where(IsData).ToArray());
    }

    [Theory]
    [InlineData("10", "-1")]
    [InlineData("11", "1")]
    [InlineData("0", "1")]
    [InlineData("three", "1")]
    public async Task An_id_at_or_beyond_the_edge_is_answered_sensibly(string lastEventId, string firstId)
    {
        await ShareAsync(Fast);
        using HttpResponseMessage response = await GetAsync("/getUsers", ("Last-Event-ID", lastEventId));

        Assert.Equal(firstId, IdsOf(await ReadToEndAsync(response))[0]);
    }

    [Fact]
    public async Task A_client_that_has_everything_gets_204()
    {
        await ShareAsync(Fast);
        using HttpResponseMessage response = await GetAsync("/getUsers", ("Last-Event-ID", "-1"));

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
    }

    [Theory]
    [InlineData("/getUsers")]
    [InlineData("/counter")]
    public async Task Any_origin_may_read(string path)
    {
        await ShareAsync(Still);
        using HttpResponseMessage response = await GetAsync(path, ("Origin", "https://example.org"));

        Assert.Equal("*", Assert.Single(response.Headers.GetValues("Access-Control-Allow-Origin")));
    }

    [Fact]
    public async Task With_credentials_the_answer_names_our_other_origin_and_lets_in_no_stranger()
    {
        ShowcaseServer server = await ShareAsync(Still);
        string other = server.SecondAddress.GetLeftPart(UriPartial.Authority);
        using HttpResponseMessage ours = await GetAsync("/ssedemo", ("Origin", other));
        using HttpResponseMessage strangers = await GetAsync("/ssedemo", ("Origin", "https://example.org"));
        using HttpResponseMessage neighbours = await GetAsync("/ssedemo", ("Origin", "http://localhost:1"));

        Assert.Equal(other, Assert.Single(ours.Headers.GetValues("Access-Control-Allow-Origin")));
        Assert.Equal("true", Assert.Single(ours.Headers.GetValues("Access-Control-Allow-Credentials")));
        Assert.False(strangers.Headers.Contains("Access-Control-Allow-Origin"));
        Assert.False(neighbours.Headers.Contains("Access-Control-Allow-Origin"));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("*/*")]
    [InlineData("text/html")]
    public async Task Messages_are_only_for_those_who_ask_for_an_event_stream(string? accept)
    {
        await ShareAsync(Still);
        using HttpResponseMessage response = await GetAsync("/events", accept is null ? [] : [("Accept", accept)]);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.StartsWith("Bad Request", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_message_has_the_time_of_day_as_its_id()
    {
        await ShareAsync(Fast);
        using HttpResponseMessage response = await GetAsync("/events", ("Accept", "text/event-stream"));
        string[] lines = await ReadLinesAsync(response, 4);

        Assert.StartsWith("data: ", lines[1], StringComparison.Ordinal);
        Assert.Matches(@"^id: \d\d:\d\d:\d\d$", lines[2]);
        Assert.Empty(lines[3]);
    }

    [Fact]
    public async Task Pings_have_a_name_and_messages_between_them_have_none()
    {
        await ShareAsync(Fast);
        using HttpResponseMessage response = await GetAsync("/ssedemo", ("Cookie", "visitor=guest-1"));
        string[] lines = await ReadLinesAsync(response, 60);

        Assert.Equal([":", "event: visitor", """data: {"cookie":"guest-1"}""", "", "event: ping"], lines[..5]);
        Assert.Matches("""^data: \{"time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+\+00:00"\}$""", lines[5]);
        int message = Array.FindIndex(lines, line => line.StartsWith("data: This is a message at time ", StringComparison.Ordinal));
        Assert.True(message > 0, string.Join('\n', lines));
        Assert.Empty(lines[message - 1]); // no event line
        Assert.Empty(lines[message + 1]); // no id line
    }

    [Fact]
    public async Task The_counter_counts_from_0_and_goes_on_where_a_client_was()
    {
        await ShareAsync(Fast);
        using HttpResponseMessage first = await GetAsync("/counter");
        string[] lines = await ReadLinesAsync(first, 9);
        using HttpResponseMessage second = await GetAsync("/counter", ("Last-Event-ID", "41"));

        Assert.Equal(["0", "1"], IdsOf(lines));
        Assert.Equal("event: event1", lines[1]);
        Assert.Matches(@"^data: Message -- \d{13}$", lines[2]);
        Assert.Equal(["42"], IdsOf(await ReadLinesAsync(second, 5)));
    }

    [Theory]
    [InlineData("/connect/moved", HttpStatusCode.MovedPermanently)]
    [InlineData("/connect/elsewhere", HttpStatusCode.TemporaryRedirect)]
    public async Task Redirects_lead_to_a_stream(string path, HttpStatusCode status)
    {
        await ShareAsync(Still);
        using HttpResponseMessage response = await GetAsync(path);

        Assert.Equal(status, response.StatusCode);
        Assert.Equal("/counter", response.Headers.Location?.OriginalString);
    }

    private static bool IsData(string line) => line.StartsWith("data: ", StringComparison.Ordinal);

    private static string[] IdsOf(IEnumerable<string> lines) =>
        [.. lines.Where(line => line.StartsWith("id: ", StringComparison.Ordinal)).Select(line => line["id: ".Length..])];

    private async Task<ShowcaseServer> ShareAsync(double pace) => _server = await SharedShowcases.OfThisRunAsync(pace);

    private async Task<HttpResponseMessage> GetAsync(string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_server!.Address, path)); // chosen first by every test
        foreach ((string name, string value) in headers)
        {
            request.Headers.Add(name, value);
        }

        return await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, _patience.Token);
    }

    private async Task<string[]> ReadLinesAsync(HttpResponseMessage response, int count)
    {
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(_patience.Token), new UTF8Encoding(false, true));
        string[] lines = new string[count];
        for (int i = 0; i < count; i++)
        {
            lines[i] = await reader.ReadLineAsync(_patience.Token) ?? throw new EndOfStreamException($"The stream ended after line {i}.");
        }

        return lines;
    }

    private async Task<string[]> ReadToEndAsync(HttpResponseMessage response) =>
        (await response.Content.ReadAsStringAsync(_patience.Token)).Split('\n');
}
