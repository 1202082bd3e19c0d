using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text.Json;
using Tidings.Testing;

namespace Tidings.Browser.Tests.Showcase;

/// <summary>One visitor of a Showcase server without a browser: with cookies, JSON, and streams that are read event by event.</summary>
internal sealed class ShowcaseClient : IDisposable
{
    private readonly CancellationTokenSource _patience = new(Hang.Limit);
    private readonly HttpClient _client;

    public ShowcaseClient(ShowcaseServer server) => _client = new HttpClient { BaseAddress = server.Address };

    public void Dispose()
    {
        _client.Dispose();
        _patience.Dispose();
    }

    /// <summary>Reads JSON that must be there.</summary>
    public async Task<JsonElement> ReadAsync(string path)
    {
        using HttpResponseMessage response = await _client.GetAsync(new Uri(path, UriKind.Relative), _patience.Token);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadFromJsonAsync<JsonElement>(_patience.Token);
    }

    /// <summary>Sends JSON, and returns the status with what the server says of it: empty if it says nothing.</summary>
    public async Task<(int Status, JsonElement Answer)> SendAsync(HttpMethod method, string path, object? body = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        return await SendAsync(request);
    }

    public async Task<(int Status, JsonElement Answer)> SendAsync(HttpRequestMessage request)
    {
        using HttpResponseMessage response = await _client.SendAsync(request, _patience.Token);
        string text = await response.Content.ReadAsStringAsync(_patience.Token);
        return ((int)response.StatusCode, text.StartsWith('{') ? JsonElement.Parse(text) : default);
    }

    /// <summary>Sends JSON that must be taken.</summary>
    public async Task<JsonElement> DoAsync(HttpMethod method, string path, object? body = null)
    {
        (int status, JsonElement answer) = await SendAsync(method, path, body);
        Assert.True(status is 200 or 204, $"{method} {path}: {status} {answer}");
        return answer;
    }

    /// <summary>What the server says when it refuses.</summary>
    public async Task<string?> DetailAsync(HttpMethod method, string path, object body, int status)
    {
        (int answered, JsonElement answer) = await SendAsync(method, path, body);
        Assert.True(answered == status, $"{method} {path}: {answered} {answer}");
        return answer.GetProperty("detail").GetString();
    }

    /// <summary>The events of a stream that begins after <paramref name="cursor"/>, until the reader stops.</summary>
    public async IAsyncEnumerable<SseItem<string>> EventsAsync(string path, string? cursor)
    {
        using HttpResponseMessage response = await OpenAsync(cursor is null ? path : $"{path}?lastEventID={Uri.EscapeDataString(cursor)}");
        Assert.Equal(200, (int)response.StatusCode);
        await foreach (SseItem<string> item in SseParser.Create(await response.Content.ReadAsStreamAsync(_patience.Token)).EnumerateAsync(_patience.Token))
        {
            yield return item;
        }
    }

    /// <summary>Opens a stream, and no more.</summary>
    public Task<HttpResponseMessage> OpenAsync(string path) => _client.GetAsync(new Uri(path, UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, _patience.Token);
}
