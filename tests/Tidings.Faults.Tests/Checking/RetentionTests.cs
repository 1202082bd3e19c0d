using Tidings.Faults.Tests.Recording;

namespace Tidings.Faults.Tests.Checking;

/// <summary>Histories made by hand of a log that keeps a part: what retention may take, it explains, and nothing else.</summary>
public sealed class RetentionTests : HandmadeHistory
{
    [Fact]
    public void Retention_that_removed_events_explains_an_expired_cursor_and_no_other_gap()
    {
        Open("chain");
        Store("a");
        Receive("chain", "a");
        Write(new LogPruned());
        TellGap("chain", "expired");
        Write(new LogPruned());
        TellGap("chain", "unknown");

        AssertFault(FaultKind.FalseGap, "chain", "unknown");
    }

    [Fact]
    public void Retention_explains_an_expired_cursor_when_more_events_may_be_behind_it_than_are_kept()
    {
        Write(new LogRetains(2));
        Open("chain");
        Store("a");
        Receive("chain", "a");
        Store("b", "c");
        Invoke("d"); // perhaps stored already
        TellGap("chain", "expired");

        Assert.Empty(Check().Faults);
    }

    [Fact]
    public void Retention_explains_an_expired_cursor_when_an_event_whose_outcome_was_left_open_may_be_behind_it()
    {
        Write(new LogRetains(2));
        Invoke("late");
        Write(new PublishUnknown("late", "status 503: it may be stored or not"));
        Open("chain");
        Store("a");
        Receive("chain", "a");
        Store("b", "c");
        TellGap("chain", "expired");

        Assert.Empty(Check().Faults);
    }

    [Fact]
    public void Retention_explains_no_gap_while_all_events_behind_the_cursor_are_kept()
    {
        Write(new LogRetains(2));
        Open("chain");
        Store("before", "a");
        Receive("chain", "before", "a");
        Store("b");
        Invoke("refused");
        Write(new PublishRefused("refused", "not stored"));
        Store("c");
        TellGap("chain", "expired");

        AssertFault(FaultKind.FalseGap, "chain", "expired");
    }

    [Fact]
    public void Retention_may_take_what_is_there_before_a_chain_has_received_anything()
    {
        Write(new LogRetains(2));
        Open("chain");
        Store("a", "b", "c", "d");
        Receive("chain", "c", "d");
        Drain("chain");

        Assert.Empty(Check().Faults);
    }

    [Fact]
    public void Retention_explains_nothing_that_is_missing_after_the_first_event()
    {
        Write(new LogRetains(2));
        Open("chain");
        Store("a");
        Receive("chain", "a");
        Store("b", "c");
        Receive("chain", "c");

        AssertFault(FaultKind.Lost, "chain", "b");
    }
}
