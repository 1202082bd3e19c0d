using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.Extensions.Logging;
using Tidings.Testing;

namespace Tidings.AspNetCore.Tests.Authorization;

/// <summary>Keys that an issuer publishes: what the fetch puts up with, and when it happens. C39 of the threats.</summary>
public sealed class PublishedKeysTests : IAsyncDisposable
{
    private readonly ScriptedServer _server = ScriptedServer.Start();
    private readonly FakeTimeProvider _time = new();
    private readonly LogLines _log = new();
    private readonly JwksDownload _download;
    private readonly PublishedKeys _keys;

    public PublishedKeysTests()
    {
        _download = new JwksDownload(allowPrivateAddresses: true, _time);
        _keys = new PublishedKeys(_server.Url, [], _download, (TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(1)), _time, _log.CreateLogger(""));
    }

    private static string Set => $$"""{"keys":[{{Forge.RsaJwk()}}]}""";

    public async ValueTask DisposeAsync()
    {
        _download.Dispose();
        _log.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task The_keys_are_those_that_the_issuer_publishes()
    {
        Assert.True(await RefreshAsync(Ok(Set)));
        Assert.Equal("rsa", Assert.Single(_keys.Current.Keys).Id);
    }

    public static TheoryData<string> BadAnswers => new()
    {
        "HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 307 Temporary Redirect\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{\"keys\":[]}",
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"keys\":",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n<html",
        "SSH-2.0-OpenSSH\r\n\r\n",
        "HTTP/1.1 2",
    };

    [Theory]
    [MemberData(nameof(BadAnswers))]
    public async Task After_a_bad_answer_the_last_good_keys_stay(string answer)
    {
        Assert.True(await RefreshAsync(Ok(Set)));
        KeySet before = _keys.Current;

        Assert.False(await RefreshAsync(answer));

        Assert.Same(before, _keys.Current);
        Assert.Contains(_log.Lines, line => line.Level == LogLevel.Warning && line.Text.Contains("The 1 keys from before stay in use.", StringComparison.Ordinal));
        Assert.False(_server.HasPendingConnection);
    }

    [Theory]
    [InlineData("Content-Length: 1073741824\r\n\r\n")]
    [InlineData("Connection: close\r\n\r\n")]
    public async Task An_answer_of_a_gigabyte_is_left_after_256_KiB(string end)
    {
        Task<bool> refresh = _keys.RefreshAsync();
        (ScriptedConnection connection, _) = await _server.AcceptRequestAsync();
        await connection.SendAsync($"HTTP/1.1 200 OK\r\n{end}");
        byte[] filler = Encoding.ASCII.GetBytes(new string(' ', 64 * 1024));
        long sent = 0;
        try
        {
            while (sent < 1L << 30)
            {
                await connection.SendAsync(filler);
                sent += filler.Length;
            }
        }
        catch (Exception closed) when (closed is System.Net.Sockets.SocketException or IOException)
        {
            // What the test waits for: the other side has had enough.
        }

        Assert.False(await refresh);
        Assert.True(sent < 64L << 20, $"{sent} bytes were taken, with the buffers on the way.");
        Assert.Contains(_log.Lines, line => line.Text.Contains("more than 256 KiB", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_answer_byte_by_byte_is_left_after_5_seconds()
    {
        Task<bool> refresh = _keys.RefreshAsync();
        (ScriptedConnection connection, _) = await _server.AcceptRequestAsync();
        await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n");
        for (int i = 0; i < 4; i++)
        {
            await connection.SendAsync(" ");
            _time.Advance(TimeSpan.FromSeconds(1));
            Assert.False(refresh.IsCompleted);
        }

        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(await refresh);
        Assert.Contains(_log.Lines, line => line.Text.Contains("within 5 s", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_unknown_key_is_looked_for_at_most_once_in_the_shortest_interval()
    {
        Assert.True(await RefreshAsync(Ok(Set)));

        await _keys.LookAgainAsync(TestApp.Cancellation);
        Assert.False(_server.HasPendingConnection);

        _time.Advance(TimeSpan.FromMinutes(1));
        Task[] lookers = [.. Enumerable.Range(0, 20).Select(_ => _keys.LookAgainAsync(TestApp.Cancellation).AsTask())];
        await _server.AnswerAsync(Ok($$"""{"keys":[{{Forge.RsaJwk("new")}}]}"""));
        await Task.WhenAll(lookers);

        Assert.Equal("new", Assert.Single(_keys.Current.Keys).Id);
        Assert.Equal(2, _server.ConnectionCount);
        Assert.False(_server.HasPendingConnection);
    }

    [Fact]
    public async Task The_keys_are_read_again_after_the_usual_interval_and_sooner_after_a_failure()
    {
        using var stopping = new CancellationTokenSource();
        Task run = _keys.RunAsync(stopping.Token);
        await _server.AnswerAsync(Ok(Set));
        await SocketApp.WaitUntilAsync(() => _time.TimerCount == 1 && _keys.Current.Keys.Count == 1);

        _time.Advance(TimeSpan.FromMinutes(10));
        await _server.AnswerAsync("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
        await _log.WaitForAsync("was answered with 503", TestApp.Cancellation);
        await SocketApp.WaitUntilAsync(() => _time.TimerCount == 1);
        _time.Advance(TimeSpan.FromSeconds(30));
        await _server.AnswerAsync(Ok(Set));

        await stopping.CancelAsync();
        await run.WaitAsync(Hang.Limit);
    }

    [Fact]
    public async Task A_change_is_told_and_the_same_keys_again_are_not()
    {
        int changes = 0;
        _keys.Changed += (_, _) => changes++;
        await RefreshAsync(Ok(Set));
        await RefreshAsync(Ok(Set));
        Assert.Equal(1, changes);
        await RefreshAsync(Ok($$"""{"keys":[{{Forge.EcJwk()}}]}"""));
        Assert.Equal(2, changes);
    }

    [Fact]
    public async Task An_inner_address_is_not_connected_to_however_it_is_written()
    {
        using var download = new JwksDownload(allowPrivateAddresses: false, _time);
        int port = _server.Url.Port;
        foreach (string host in new[] { "127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0x7f.1", "2130706433", "0.0.0.0", "[::]" })
        {
            KeyException refused = await Assert.ThrowsAsync<KeyException>(() => download.FetchAsync(new Uri($"http://{host}:{port}/"), TestApp.Cancellation));
            Assert.Contains("is at no public address", refused.Message, StringComparison.Ordinal);
        }

        Assert.False(_server.HasPendingConnection);
    }

    [Theory]
    [InlineData("8.8.8.8", true)]
    [InlineData("172.15.255.255", true)]
    [InlineData("172.32.0.1", true)]
    [InlineData("2606:4700::1111", true)]
    [InlineData("64:ff9b::808:808", true)]
    [InlineData("10.0.0.1", false)]
    [InlineData("100.64.0.1", false)]
    [InlineData("127.255.255.254", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("172.16.0.1", false)]
    [InlineData("172.31.255.255", false)]
    [InlineData("192.168.1.1", false)]
    [InlineData("0.1.2.3", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("::1", false)]
    [InlineData("::", false)]
    [InlineData("fe80::1", false)]
    [InlineData("fd00:ec2::254", false)]
    [InlineData("ff02::1", false)]
    [InlineData("::ffff:10.0.0.1", false)]
    [InlineData("64:ff9b::a9fe:a9fe", false)]
    [InlineData("2002:7f00:1::", false)]
    [InlineData("2001:db8::1", false)]
    public void Only_the_open_internet_is_public(string address, bool isPublic) => Assert.Equal(isPublic, PublicAddress.Contains(IPAddress.Parse(address)));

    private static string Ok(string body) => $"HTTP/1.1 200 OK\r\nContent-Length: {Encoding.UTF8.GetByteCount(body).ToString(CultureInfo.InvariantCulture)}\r\n\r\n{body}";

    private async Task<bool> RefreshAsync(string answer)
    {
        Task<bool> refresh = _keys.RefreshAsync();
        await _server.AnswerAsync(answer);
        return await refresh.WaitAsync(Hang.Limit);
    }
}
