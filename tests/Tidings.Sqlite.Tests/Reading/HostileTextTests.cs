namespace Tidings.Sqlite.Tests.Reading;

/// <summary>Text of publishers and subscribers that tries to be a statement.</summary>
public sealed class HostileTextTests
{
    private static readonly string[] Texts =
    [
        "'", "''", "\"", "`", ";", "--", "/*", "*/", "a' OR '1'='1", "a'; DROP TABLE event; --", "a\"; DELETE FROM meta; --", "1 UNION SELECT * FROM meta", "%", "_", "a%", "a_", "\\", "\\'", "?", "?1", "$id", ":id", "@id",
        "x' AND 1=(SELECT count(*) FROM event) --", "NULL", "0", "-1", "1e9", "X'00'", "char(0)", "'||(SELECT hex(randomblob(1000000000)))||'",
    ];

    [Fact]
    public async Task Text_that_looks_like_sql_is_stored_and_looked_up_as_text()
    {
        await using var test = new TestLog();
        foreach (string text in Texts)
        {
            await test.Log.AppendAsync([TestLog.Event(text, text, test.Time.GetUtcNow(), publisherId: text)], TestLog.Cancellation);
        }

        LogPage page = await test.Log.ReadAsync(0, TestLog.Everything, TestLog.Cancellation);
        Assert.Equal(Texts, page.Events.Select(stored => stored.Content.Topics[0].Value));
        for (int i = 0; i < Texts.Length; i++)
        {
            Assert.Equal(i + 1, await test.Log.FindAsync(SseId.Of(Texts[i]), TestLog.Cancellation));
            Assert.Null(await test.Log.FindAsync(SseId.Of($"{Texts[i]}z"), TestLog.Cancellation));
        }
    }
}
