using System.Text;
using FsCheck.Fluent;
using Microsoft.Extensions.Logging;

namespace Tidings.AspNetCore.Tests.Threats;

/// <summary>Any bytes, at every place of a request: no answer of 500 and above, no exception in the log, and an answer at all.</summary>
public sealed class RandomRequestTests
{
    private const int Requests = 400;

    private static readonly string Token = GuardedHub.Current(publish: ["*"], subscribe: ["*"]);

    // What the readers look at, whole and broken, and what they do not expect.
    private static readonly string[] Anything =
    [
        "&", "=", "+", "%", "%0", "%00", "%0a", "%0D%0A", "%FF", "%C0%80", "%ED%A0%80", "%F0%9F%A6%8A", "%E2%80%8B", "%2B", "%25", "#", "?", "/", "\\", "..", ":", "*", "(", ")", "{", "}", "[", "]", "^", "|", ",", ";",
        "\"", "'", "<", "~", "\t", " ", "a", "0", "9", "-1", "1e999", "99999999999999999999", "null", "true", "é", "\u00FF", "\u0080", "%u0041", "x;q=0", "q=", "earliest", "mercure", "tidings-gap",
    ];

    private static readonly string[] Fields =
    [
        "topic", "data", "private", "id", "type", "retry", "match", "match_exact", "match_urlpattern", "MATCH", "matchx", "last_event_id", "lastEventID", "Last-Event-ID", "gap=header", "cursor=heartbeat",
        "topic=a", "match=*", "topic={a}", "match_urlpattern=/:a", "match_urlpattern=/(a+)+", "id=x", "authorization", "https://x.example/", "/.well-known/mercure",
    ];

    private static readonly string[] Json =
    [
        "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "\\uD800", "\\u0000", "\"topic\"", "\"a\"", "\"data\"", "\"private\"", "\"id\"", "\"type\"", "\"retry\"", "\"idempotency_key\"", "\"topic\":\"a\"", "\"data\":", "null",
        "true", "1", "-1", "1e400", "0.5", "\"topic\":[\"a\",\"b\"]", "[[[[[[[[", "{\"a\":{\"a\":", "\u00FF", "\0", " ", "\n", "{\"topic\":\"a\",\"data\":1}",
    ];

    private static readonly string[] Types =
    [
        "text/event-stream", "text/*", "*/*", "*", "/", ";", ";q=", "q=0.5", "q=-1", ",", "\"", "\\", "=", " ", "text", "application/json", "application/x-www-form-urlencoded", "; charset=utf-8", "; charset=\"", "charset=", "\t", "\u00FF", "{", "(",
    ];

    [Fact]
    public Task A_form_of_any_bytes() => SendAllAsync(Fields, text => Post("application/x-www-form-urlencoded", text));

    [Fact]
    public Task A_json_body_of_any_bytes() => SendAllAsync(Json, text => Post("application/json", text));

    [Fact]
    public Task A_content_type_of_any_text() => SendAllAsync(Types, text => Post(text, "topic=a&data=x"));

    [Fact]
    public Task An_idempotency_key_of_any_text() => SendAllAsync(Types, text => Post("application/x-www-form-urlencoded", "topic=a", $"Idempotency-Key: {text}\n"));

    [Fact]
    public Task A_query_of_any_text() => SendAllAsync(Fields, text => Get($"?{text}"));

    [Fact]
    public Task A_matcher_of_any_text() => SendAllAsync(Fields, text => Get($"?match_urlpattern={text}&topic={text}"));

    [Fact]
    public Task A_cursor_of_any_text() => SendAllAsync(Fields, text => Get($"?match=*&last_event_id={text}"));

    [Fact]
    public Task A_last_event_id_of_any_text() => SendAllAsync(Fields, text => Get("?match=*", $"Last-Event-ID: {text}\n"));

    [Fact]
    public Task What_is_accepted_may_be_any_text() => SendAllAsync(Types, text => Get("?match=*", $"Accept: {text}\n"));

    [Fact]
    public Task An_authorization_of_any_text() => SendAllAsync(Types, text => Get("?match=*", $"Authorization: {text}\nCookie: {text}\nOrigin: {text}\n", withToken: false));

    private static (string Head, byte[] Body) Post(string type, string body, string headers = "")
    {
        byte[] bytes = Encoding.Latin1.GetBytes(body);
        return ($"POST {TestApp.HubPath} HTTP/1.1\nHost: localhost\nAuthorization: Bearer {Token}\nContent-Type: {type}\n{headers}Content-Length: {bytes.Length}\nConnection: close\n\n", bytes);
    }

    private static (string Head, byte[] Body) Get(string query, string headers = "", bool withToken = true) =>
        ($"GET {TestApp.HubPath}{query} HTTP/1.1\nHost: localhost\n{(withToken ? $"Authorization: Bearer {Token}\n" : "")}{headers}Connection: close\n\n", []);

    private static async Task SendAllAsync(string[] pieces, Func<string, (string Head, byte[] Body)> make)
    {
        await using TestApp app = await GuardedHub.StartAsync();
        FsCheck.Gen<string> texts = Gen.Elements([.. Anything, .. pieces, .. pieces, .. pieces]).ListOf().Resize(8).Select(string.Concat);
        HashSet<string> statuses = [];
        foreach (string text in texts.Sample(Requests))
        {
            (string head, byte[] body) = make(text);
            string answer = await app.SendRawAsync(head, body);

            string status = answer.Split(' ').ElementAtOrDefault(1) ?? "";
            Assert.True(status is ['2' or '4', _, _], $"{text} is answered with {(answer.Length == 0 ? "nothing" : answer)}");
            Assert.DoesNotContain("   at ", answer, StringComparison.Ordinal);
            statuses.Add(status);
        }

        Assert.NotEmpty(statuses);
        Assert.DoesNotContain(app.Log.Lines, line => line.Level >= LogLevel.Warning || line.Text.Contains("Exception", StringComparison.Ordinal));
    }
}
