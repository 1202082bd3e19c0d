using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Tidings.Testing;

namespace Tidings.Server.Tests.Threats;

/// <summary>
/// Requests whose end one reader sees elsewhere than another (RFC 9112, 11.2): what a proxy takes for one request must never be two at the hub. Each case holds, at the place that the
/// attacker hopes for, a whole publish of its own.
/// </summary>
public sealed partial class SmugglingTests
{
    private const string Head = "POST " + TidingsEndpointRouteBuilderExtensions.DefaultHubPath + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n";
    private const string Form = "topic=news&data=smuggled";
    private const string Good = "topic=news&data=good"; // 20 bytes, hexadecimal 14
    private const string Refused = "400";

    /// <summary>The publish that must not happen.</summary>
    private static readonly string Inner =
        $"{Head}Connection: close\r\nContent-Length: {Form.Length}\r\n\r\n{Form}";

    /// <summary>Lines of the head that say where the body ends, what follows the head, and the statuses of all answers.</summary>
    public static TheoryData<string, string, string> Heads { get; } = new()
    {
        // Both lengths: the chunks count, and the connection is closed behind them (RFC 9112, 6.3).
        { "Content-Length: 5\r\nTransfer-Encoding: chunked", $"0\r\n\r\n{Inner}", "400" },
        { "Transfer-Encoding: chunked\r\nContent-Length: 5", $"0\r\n\r\n{Inner}", "400" },
        { $"Content-Length: 30\r\nTransfer-Encoding: chunked", $"14\r\n{Good}\r\n0\r\n\r\n{Inner}", "200" },

        // Two lengths, and lengths that are no number of digits.
        { $"Content-Length: 20\r\nContent-Length: {20 + Inner.Length}", Good + Inner, Refused },
        { "Content-Length: 20\r\nContent-Length: 20", Good + Inner, Refused },
        { $"Content-Length: 20, {20 + Inner.Length}", Good + Inner, Refused },
        { "Content-Length: 20, 20", Good + Inner, Refused },
        { "Content-Length: -20", Good + Inner, Refused },
        { "Content-Length: 0x14", Good + Inner, Refused },
        { "Content-Length: 2 0", Good + Inner, Refused },
        { "Content-Length: 20.0", Good + Inner, Refused },
        { "Content-Length: ", Good + Inner, Refused },
        { "Content-Length: 18446744073709551636", Good + Inner, Refused }, // 2^64 + 20

        // Codings that are not the one, or not only the one, that says where the body ends.
        { "Transfer-Encoding: identity", Good + Inner, Refused },
        { "Transfer-Encoding: xchunked", $"14\r\n{Good}\r\n0\r\n\r\n{Inner}", Refused },
        { "Transfer-Encoding: chunked, identity", $"14\r\n{Good}\r\n0\r\n\r\n{Inner}", Refused },
        { "Transfer-Encoding: chunked, chunked", $"14\r\n{Good}\r\n0\r\n\r\n{Inner}", Refused },
        { "Transfer-Encoding: gzip, chunked", $"14\r\n{Good}\r\n0\r\n\r\n{Inner}", Refused },
        { "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", $"14\r\n{Good}\r\n0\r\n\r\n{Inner}", Refused },
        { "Transfer-Encoding: chunked;x=y", $"14\r\n{Good}\r\n0\r\n\r\n{Inner}", Refused },
        { "Transfer-Encoding: \vchunked", $"14\r\n{Good}\r\n0\r\n\r\n{Inner}", Refused },
        { "Transfer-Encoding: \"chunked\"", $"14\r\n{Good}\r\n0\r\n\r\n{Inner}", Refused },

        // Lines that one reader takes for a header, and another for none.
        { "Content-Length: 20\r\nTransfer-Encoding : chunked", $"0\r\n\r\n{Inner}", Refused },
        { "Content-Length: 20\r\nTransfer-Encoding\t: chunked", $"0\r\n\r\n{Inner}", Refused },
        { "Content-Length: 20\r\n Transfer-Encoding: chunked", $"0\r\n\r\n{Inner}", Refused },
        { "Content-Length: 20\r\nX: y\r\n Transfer-Encoding: chunked", $"0\r\n\r\n{Inner}", Refused },
        { "Content-Length: 20\r\nTransfer-Encoding:\r\n chunked", $"0\r\n\r\n{Inner}", Refused },
        { "Content-Length: 20\r\nTransfer-Encoding\r\n: chunked", $"0\r\n\r\n{Inner}", Refused },
        { "Content-Length: 20\r\nX: y\nTransfer-Encoding: chunked", $"0\r\n\r\n{Inner}", Refused },
        { "Content-Length: 20\r\nX: y\rTransfer-Encoding: chunked", $"0\r\n\r\n{Inner}", Refused },
        { "Content-Length: 20\r\nX: \0\r\nTransfer-Encoding: chunked", $"0\r\n\r\n{Inner}", Refused },
        { "Content-Length: 20\r\nTransfer-Encoding;: chunked", $"0\r\n\r\n{Inner}", "400 400" }, // 20 bytes that are no form, and then what is no request
        { "Content-Length: 20\r\n: chunked", $"0\r\n\r\n{Inner}", Refused },
        { "Content-Length: 20\r\nHost: other", Good, Refused },
    };

    /// <summary>Bodies in chunks, and the statuses of all answers.</summary>
    public static TheoryData<string, string> Chunks { get; } = new()
    {
        { $"14\r\n{Good}\r\n0\r\n\r\n", "200" },
        { $"14;x=y\r\n{Good}\r\n0;z\r\nX: y\r\n\r\n", "200" },

        // Extensions with a line end that is none (CVE-2025-55315).
        { $"14;\n{Good}\r\n0\r\n\r\n{Inner}", Refused },
        { $"2;\nxx\r\n{Inner.Length:x}\r\n{Inner}\r\n0\r\n\r\n", Refused },
        { $"2;\rxx\r\n{Inner.Length:x}\r\n{Inner}\r\n0\r\n\r\n", Refused },
        { $"2;x\r\rxx\r\n{Inner.Length:x}\r\n{Inner}\r\n0\r\n\r\n", Refused },
        { $"2;x\n\r\nxx\r\n{Inner.Length:x}\r\n{Inner}\r\n0\r\n\r\n", Refused },

        // Sizes that are no hexadecimal number, or end in something else than CRLF.
        { $"14\n{Good}\r\n0\r\n\r\n{Inner}", Refused },
        { $"14\r{Good}\r\n0\r\n\r\n{Inner}", Refused },
        { $"+14\r\n{Good}\r\n0\r\n\r\n{Inner}", Refused },
        { $"-14\r\n{Good}\r\n0\r\n\r\n{Inner}", Refused },
        { $"0x14\r\n{Good}\r\n0\r\n\r\n{Inner}", Refused },
        { $" 14\r\n{Good}\r\n0\r\n\r\n{Inner}", Refused },
        { $"1_4\r\n{Good}\r\n0\r\n\r\n{Inner}", Refused },
        { $"\r\n{Good}\r\n0\r\n\r\n{Inner}", Refused },
        { $"100000014\r\n{Good}\r\n0\r\n\r\n{Inner}", Refused }, // 2^32 + 20
        { $"10000000000000014\r\n{Good}\r\n0\r\n\r\n{Inner}", Refused }, // 2^64 + 20

        // Data that does not end where its size says, and ends that are none.
        { $"14\r\n{Good}x\r\n0\r\n\r\n{Inner}", Refused },
        { $"14\r\n{Good}\n0\r\n\r\n{Inner}", Refused },
        { $"14\r\n{Good}0\r\n\r\n{Inner}", Refused },
        { $"14\r\n{Good}\r\n0\n\n{Inner}", Refused },
        { $"14\r\n{Good}\r\n0\r\nX: y\n\r\n{Inner}", Refused },
        { $"14\r\n{Good}\r\n0\r\n X: y\r\n\r\n{Inner}", Refused },
    };

    [Theory]
    [MemberData(nameof(Heads))]
    public async Task What_one_reader_may_take_for_two_requests_is_one_or_none(string lines, string rest, string statuses) =>
        await AssertAsync($"{Head}{lines}\r\n\r\n{rest}", statuses);

    [Theory]
    [MemberData(nameof(Chunks))]
    public async Task Chunks_end_where_they_say_or_the_request_is_refused(string body, string statuses) =>
        await AssertAsync($"{Head}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n{body}", statuses);

    private static async Task AssertAsync(string request, string statuses)
    {
        await using TestHub hub = await TestHub.StartAsync();

        string answer = await hub.RequestRawAsync(request);

        Assert.Equal(statuses, string.Join(' ', StatusLine().Matches(answer).Select(match => match.Groups["status"].Value)));
        await hub.Broker.PublishAsync("news", "end", TestContext.Current.CancellationToken);
        Assert.DoesNotContain("smuggled", await hub.ReadFramesAsync("news", statuses == "200" ? 2 : 1), StringComparison.Ordinal);
    }

    [GeneratedRegex("HTTP/1\\.1 (?<status>[0-9]{3}) ", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: Hang.Milliseconds)]
    private static partial Regex StatusLine();
}
