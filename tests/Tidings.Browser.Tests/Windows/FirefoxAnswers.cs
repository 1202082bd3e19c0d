using System.Collections.Concurrent;
using System.Text.Json;

namespace Tidings.Browser.Tests;

/// <summary>Requests of a window that the test answers: the browser holds them until it is told what to do.</summary>
internal sealed class FirefoxAnswers(Firefox firefox, string context)
{
    private readonly ConcurrentDictionary<string, (string? Body, int Status)> _answers = new(StringComparer.Ordinal);
    private readonly List<string> _intercepts = [];

    public async Task AddAsync(string path, string? body, int status)
    {
        _answers[path] = (body, status);
        JsonElement added = await firefox.SendAsync(
            "network.addIntercept",
            new { contexts = (string[])[context], phases = (string[])["beforeRequestSent"], urlPatterns = (object[])[new { type = "pattern", pathname = path }] });
        _intercepts.Add(added.GetProperty("intercept").GetString()!); // every answer names it
    }

    public async Task RemoveAllAsync()
    {
        foreach (string intercept in _intercepts)
        {
            await firefox.SendAsync("network.removeIntercept", new { intercept });
        }

        _intercepts.Clear();
        _answers.Clear();
    }

    /// <summary>Answers a request that is held. Called between two events, so it must not wait.</summary>
    public void Answer(string request, Uri url)
    {
        if (!_answers.TryGetValue(url.AbsolutePath, out (string? Body, int Status) answer))
        {
            _ = firefox.SendAsync("network.continueRequest", new { request });
        }
        else if (answer.Body is not null)
        {
            _ = firefox.SendAsync("network.provideResponse", new
            {
                request,
                statusCode = answer.Status,
                reasonPhrase = "Of the test",
                headers = (object[])[new { name = "Content-Type", value = new { type = "string", value = "text/event-stream" } }],
                body = new { type = "string", value = answer.Body },
            });
        }
    }
}
