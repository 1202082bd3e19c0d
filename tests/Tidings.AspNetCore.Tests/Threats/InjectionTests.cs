using System.Net;
using System.Text;
using FsCheck.Fluent;
using Tidings.Testing;

namespace Tidings.AspNetCore.Tests.Threats;

/// <summary>Text of publishers and subscribers that tries to be more than text: on the wire, in headers, in the log.</summary>
public sealed class InjectionTests
{
    private static readonly string Publisher = GuardedHub.Current(publish: ["*"]);

    [Fact]
    public async Task Of_each_control_or_format_character_in_an_id_or_a_type_nothing_reaches_the_wire()
    {
        await using TestApp app = await GuardedHub.StartAsync();
        await using TestStream stream = await app.SubscribeWithAsync(null, "match=*");
        int[] codes = [.. Enumerable.Range(0, 0x20), .. Enumerable.Range(0x7F, 0x21), 0xAD, 0x61C, 0x200B, 0x200E, 0x202E, 0x2066, 0x2069, 0xFEFF, 0xFFF9];
        foreach (int code in codes)
        {
            foreach (string field in new[] { "id", "type", "topic" })
            {
                using HttpResponseMessage response = await app.PublishWithAsync(Publisher, ("topic", "news"), ("data", "forged"), (field, $"a{(char)code}data: forged"));
                Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
            }
        }

        Assert.True(codes.Length >= 65);
        await app.AcceptAsync(Publisher, ("topic", "news"), ("data", "end"));
        Assert.Equal("end", Assert.Single(await stream.ReadEventsAsync(1)).Data);
    }

    [Fact]
    public async Task Whatever_the_data_one_publish_is_one_event()
    {
        await using TestApp app = await GuardedHub.StartAsync();
        await using TestStream stream = await app.SubscribeWithAsync(null, "match=*");
        string[] pieces = ["\r", "\n", "\r\n", "\n\n", "\r\r", "data: x", "id: 7", "event: forged", "retry: 1", ":", "\0", "\uFEFF", "\u2028", "\u0085", "é", "😀", " "];
        List<string> sent = [.. Gen.Elements(pieces).ListOf(6).Select(string.Concat).Sample(300)];
        foreach (string data in sent)
        {
            await app.AcceptAsync(Publisher, ("topic", "news"), ("data", data));
        }

        // Empty data is an event without a data line, or an empty one; the standard's clients see neither differently.
        IReadOnlyList<DecodedEvent> events = await stream.ReadEventsAsync(sent.Count);
        Assert.Equal(
            sent.Select(data => ("message", data.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n'))),
            events.Select(decoded => (decoded.Type, decoded.Data)));
        Assert.Equal(sent.Count, events.Select(decoded => decoded.LastEventId).Distinct().Count());
    }

    [Theory]
    [InlineData("data=%C0%80")]
    [InlineData("data=%C0%AF")]
    [InlineData("data=%E0%80%AF")]
    [InlineData("data=%ED%A0%80")]
    [InlineData("data=%F4%90%80%80")]
    [InlineData("data=%FF")]
    [InlineData("data=%C3")]
    [InlineData("id=%C0%8A")]
    [InlineData("type=%E0%80%8A")]
    [InlineData("topic=%F0%80%80%8A")]
    public async Task What_is_not_utf8_is_refused_and_never_repaired(string field)
    {
        await using TestApp app = await GuardedHub.StartAsync();

        string answer = await app.SendRawAsync(
            $"POST {TestApp.HubPath} HTTP/1.1\nHost: localhost\nAuthorization: Bearer {Publisher}\nContent-Type: application/x-www-form-urlencoded\nContent-Length: {field.Length + 8}\nConnection: close\n\n",
            Encoding.ASCII.GetBytes($"topic=a&{field}"));

        Assert.StartsWith("HTTP/1.1 400", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("x%0d%0aX-Evil:%20yes")]
    [InlineData("x%0aX-Evil:%20yes")]
    [InlineData("x%0dX-Evil:%20yes")]
    [InlineData("x%00")]
    [InlineData("%E5%98%8A%E5%98%8DX-Evil:yes")]
    [InlineData("%85X-Evil:yes")]
    public async Task No_cursor_becomes_a_header_or_a_field_of_the_stream(string cursor)
    {
        await using TestApp app = await GuardedHub.StartAsync();
        foreach (string name in new[] { "last_event_id", "lastEventID", "Last-Event-ID" })
        {
            string answer = await app.SendRawAsync($"GET {TestApp.HubPath}?match=*&{name}={cursor} HTTP/1.1\nHost: localhost\nConnection: close\n\n");

            Assert.StartsWith("HTTP/1.1 200", answer, StringComparison.Ordinal);
            Assert.DoesNotContain("\nX-Evil", answer, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("\rX-Evil", answer, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public async Task An_id_that_a_publisher_chose_is_told_in_a_header_as_one_line_of_ascii()
    {
        await using TestApp app = await GuardedHub.StartAsync();
        foreach (string id in new[] { "a b", "a:b", "ü\u2028x", "\"quoted\"", "a,b", "%0d%0a" })
        {
            Assert.Equal(id, await app.AcceptAsync(Publisher, ("topic", "news"), ("data", "x"), ("id", id)));
            await using TestStream stream = await app.SubscribeWithAsync(null, $"match=*&last_event_id={Uri.EscapeDataString(id)}");

            string told = Assert.Single(stream.Response.Headers.GetValues("Mercure-Last-Event-ID"));
            Assert.Matches("^[ -~]+$", told);
            Assert.NotEqual("earliest", told);
        }
    }

    [Theory]
    [InlineData("news%0a[Error] forged%1b[31m")]
    [InlineData("news%0d%0afail: forged")]
    [InlineData("news%E2%80%AE forged")]
    public async Task No_text_of_a_request_forges_a_line_of_the_log(string text)
    {
        await using TestApp app = await GuardedHub.StartAsync();
        foreach (string body in new[] { $"topic={text}", $"topic=a&id={text}", $"topic=a&type={text}", $"topic=a&retry={text}", $"topic=a&data={text}" })
        {
            string form = body.Replace(' ', '+');
            await app.SendRawAsync(
                $"POST {TestApp.HubPath} HTTP/1.1\nHost: localhost\nAuthorization: Bearer {Publisher}\nContent-Type: application/x-www-form-urlencoded\nContent-Length: {form.Length}\nConnection: close\n\n",
                Encoding.ASCII.GetBytes(form));
        }

        await app.SendRawAsync($"GET {TestApp.HubPath}?match={text.Replace(' ', '+')} HTTP/1.1\nHost: localhost\nConnection: close\n\n");
        await app.SendRawAsync($"GET {TestApp.HubPath}?match=a&last_event_id={text.Replace(' ', '+')} HTTP/1.1\nHost: localhost\nConnection: close\n\n");

        // The framework's own request log has the URL as it came, encoded.
        Assert.DoesNotContain(app.Log.Lines, line => line.Text.Contains((char)0x1B) || line.Text.Contains("\n[Error]", StringComparison.Ordinal)
            || line.Text.Contains("\nfail:", StringComparison.Ordinal) || line.Text.Contains((char)0x202E));
    }
}
