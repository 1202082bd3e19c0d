namespace Tidings.Faults.Tests.Recording;

public sealed class RecorderTests
{
    [Fact]
    public void A_saved_history_is_read_back_as_it_was()
    {
        var recorder = new Recorder();
        recorder.Add(new ChainOpened("chain", ["news"], SeesPrivate: true));
        recorder.Add(new Connected("chain", Cursor: null));
        recorder.Add(new PublishInvoked("a", "news", IsPrivate: true, "a xyz"));
        recorder.Add(new PublishAcknowledged("a", "#1"));
        recorder.AddReceived("chain", "message", "#1", "a xyz");
        recorder.AddReceived("chain", "message", "#2", "a xyZ");
        recorder.AddReceived("chain", "other", "#3", "unheard");
        recorder.Add(new GapTold("chain", "epoch", "#4"));
        recorder.Add(new Disconnected("chain", "end of stream"));
        recorder.Add(new LogLost());

        string path = recorder.Save("recorder-test");

        IReadOnlyList<HistoryEntry> read = Recorder.Load(path);
        Assert.Equal(["news"], Assert.IsType<ChainOpened>(read[0]).Topics);
        Assert.Equal(recorder.Snapshot().Skip(1), read.Skip(1));
        File.Delete(path);
    }

    [Fact]
    public void Data_is_kept_only_where_it_is_not_what_was_published()
    {
        var recorder = new Recorder();
        recorder.Add(new PublishInvoked("a", "news", IsPrivate: false, "a xyz"));
        recorder.AddReceived("chain", "message", "#1", "a xyz");
        recorder.AddReceived("chain", "message", "#1", "a xyZ");
        recorder.AddReceived("chain", "message", "#1", "b");

        Assert.Equal(
            [new Received("chain", "a", "message", "#1", Data: null), new Received("chain", "a", "message", "#1", "a xyZ"), new Received("chain", Key: null, "message", "#1", "b")],
            recorder.Snapshot().Skip(1));
    }

    [Fact]
    public void When_an_event_that_was_received_had_been_sent_is_told()
    {
        var recorder = new Recorder();
        recorder.Add(new ChainOpened("chain", ["news"], SeesPrivate: false));
        int sentAt = recorder.Count;
        recorder.Add(new PublishInvoked("a", "news", IsPrivate: false, "a xyz"));

        Assert.Equal(sentAt, recorder.AddReceived("chain", "message", "#1", "a xyz"));
        Assert.Equal(-1, recorder.AddReceived("chain", "message", "#2", "unheard"));
    }
}
