using Tidings.Faults.Tests.Recording;

namespace Tidings.Faults.Tests.Checking;

/// <summary>Histories made by hand: each class of fault is seen, and what only looks like one is not.</summary>
public sealed class HistoryCheckerTests : HandmadeHistory
{
    [Fact]
    public void A_history_in_which_everybody_receives_everything_is_good()
    {
        Open("one");
        Open("other");
        Store("a", "b", "c");
        Receive("one", "a", "b", "c");
        Receive("other", "a");
        Reconnect("other", "#a");
        Receive("other", "b", "c");
        Drain("one", "other");

        CheckReport report = Check();

        Assert.Empty(report.Faults);
        Assert.Equal((3, 6), (report.Acknowledged, report.Received));
    }

    [Fact]
    public void An_acknowledged_event_that_nobody_received_is_lost()
    {
        Open("chain");
        Store("a", "b", "c");
        Receive("chain", "a", "c");
        Drain("chain");

        AssertFault(FaultKind.Lost, "chain", "b");
    }

    [Fact]
    public void A_chain_that_went_on_past_an_event_has_lost_it_before_the_end()
    {
        Open("chain");
        Store("a", "b", "c");
        Receive("chain", "a", "c");

        AssertFault(FaultKind.Lost, "chain", "b");
    }

    [Fact]
    public void What_lies_beyond_the_last_event_of_a_chain_that_was_not_drained_may_be_on_its_way()
    {
        Open("chain");
        Store("a", "b");
        Receive("chain", "a");

        Assert.Empty(Check().Faults);
    }

    [Fact]
    public void An_event_that_others_received_and_that_is_not_told_is_a_silent_gap()
    {
        Open("one");
        Open("other");
        Store("a", "b", "c");
        Receive("one", "a", "b", "c");
        Receive("other", "a", "c");
        Drain("one", "other");

        AssertFault(FaultKind.SilentGap, "other", "b");
    }

    [Fact]
    public void An_event_that_was_received_is_owed_to_everybody_even_if_its_publisher_does_not_know()
    {
        Open("one");
        Open("other");
        Invoke("a");
        Write(new PublishUnknown("a", "the connection broke"));
        Receive("one", "a");
        Drain("one", "other");

        AssertFault(FaultKind.SilentGap, "other", "a");
    }

    [Fact]
    public void A_publish_of_unknown_outcome_may_be_missing()
    {
        Open("chain");
        Invoke("a");
        Write(new PublishUnknown("a", "the connection broke"));
        Drain("chain");

        CheckReport report = Check();

        Assert.Empty(report.Faults);
        Assert.Equal((1, 0), (report.Unknown, report.UnknownStored));
    }

    [Fact]
    public void An_event_that_nobody_published_is_a_phantom()
    {
        Open("chain");
        Write(new Received("chain", Key: null, "message", "#x", "x"));

        AssertFault(FaultKind.Phantom, "chain", "x");
    }

    [Fact]
    public void An_event_with_other_data_is_a_phantom()
    {
        Open("chain");
        Store("a");
        Write(new Received("chain", "a", "message", "#a", "a tampered"));

        AssertFault(FaultKind.Phantom, "chain", "a");
    }

    [Fact]
    public void An_event_of_another_type_is_a_phantom()
    {
        Open("chain");
        Store("a");
        Write(new Received("chain", "a", "other", "#a", Data: null));

        AssertFault(FaultKind.Phantom, "chain", "a");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_event_that_was_refused_is_a_phantom(bool isRefusedFirst)
    {
        Open("chain");
        Invoke("a");
        HistoryEntry refused = new PublishRefused("a", "busy");
        HistoryEntry received = new Received("chain", "a", "message", "#a", Data: null);
        Write(isRefusedFirst ? [refused, received] : [received, refused]);

        AssertFault(FaultKind.Phantom, isRefusedFirst ? "chain" : null, "a");
    }

    [Fact]
    public void An_event_that_was_not_asked_for_is_a_phantom()
    {
        Open("chain", topics: ["another"]);
        Store("a");
        Receive("chain", "a");

        AssertFault(FaultKind.Phantom, "chain", "a");
    }

    [Fact]
    public void An_event_that_comes_twice_is_a_duplicate()
    {
        Open("chain");
        Store("a");
        Receive("chain", "a", "a");

        AssertFault(FaultKind.Duplicate, "chain", "a");
    }

    [Fact]
    public void A_replay_after_a_gap_may_repeat_what_came_before_it()
    {
        Open("chain");
        Store("a");
        Receive("chain", "a");
        Write(new LogLost());
        TellGap("chain", "epoch");
        Receive("chain", "a");

        Assert.Empty(Check().Faults);
    }

    [Fact]
    public void What_came_after_the_gap_is_a_duplicate_when_it_comes_again()
    {
        Open("chain");
        Write(new LogLost());
        TellGap("chain", "epoch");
        Store("a");
        Receive("chain", "a", "a");

        AssertFault(FaultKind.Duplicate, "chain", "a");
    }

    [Fact]
    public void A_publish_that_is_stored_twice_is_a_duplicate()
    {
        Open("one");
        Open("other");
        Store("a");
        Receive("one", "a");
        Write(new Received("other", "a", "message", "#again", Data: null));

        AssertFault(FaultKind.Duplicate, "other", "a");
    }

    [Fact]
    public void One_id_for_two_events_is_told()
    {
        Invoke("a");
        Invoke("b");
        Write(new PublishAcknowledged("a", "#1"));
        Write(new PublishAcknowledged("b", "#1"));

        AssertFault(FaultKind.ReusedId, chain: null, "b");
    }

    [Fact]
    public void Two_chains_with_different_orders_contradict_each_other()
    {
        Open("one");
        Open("other");
        Invoke("a");
        Invoke("b");
        Receive("one", "a", "b");
        Receive("other", "b", "a");

        AssertFault(FaultKind.Reordered, chain: null, "a");
    }

    [Fact]
    public void Three_chains_contradict_each_other_although_no_two_of_them_do()
    {
        Open("one");
        Open("two");
        Open("three");
        Invoke("a");
        Invoke("b");
        Invoke("c");
        Receive("one", "a", "b");
        Receive("two", "b", "c");
        Receive("three", "c", "a");

        AssertFault(FaultKind.Reordered, chain: null, "c");
    }

    [Fact]
    public void What_was_acknowledged_before_another_was_sent_comes_first()
    {
        Open("chain");
        Store("a", "b");
        Receive("chain", "b", "a");

        AssertFault(FaultKind.Reordered, chain: null, "b");
    }

    [Theory]
    [InlineData("fork", false)]
    [InlineData("expired", true)]
    public void After_a_gap_that_tells_of_another_log_alone_events_may_come_that_are_before_those_that_came(string reason, bool isFault)
    {
        Open("chain");
        Write(new LogForked());
        Store("a", "b");
        Receive("chain", "b");
        TellGap("chain", reason);
        Receive("chain", "a");

        Assert.Equal(isFault, Check().Faults.Any(fault => fault.Kind == FaultKind.Reordered));
    }

    [Fact]
    public void Publishes_that_overlap_in_time_may_come_in_any_order()
    {
        Open("chain");
        Invoke("a");
        Invoke("b");
        Acknowledge("a");
        Acknowledge("b");
        Receive("chain", "b", "a");

        Assert.Empty(Check().Faults);
    }

    [Fact]
    public void A_gap_is_false_when_the_log_has_lost_nothing()
    {
        Open("chain");
        Store("a");
        Receive("chain", "a");
        TellGap("chain", "epoch");

        AssertFault(FaultKind.FalseGap, "chain", "epoch");
    }

    [Fact]
    public void A_gap_is_false_when_the_cursor_is_younger_than_the_loss()
    {
        Open("chain");
        Write(new LogLost());
        Store("a");
        Receive("chain", "a");
        TellGap("chain", "rewound");

        AssertFault(FaultKind.FalseGap, "chain", "rewound");
    }

    [Fact]
    public void What_a_gap_tells_is_missing_but_not_lost()
    {
        Open("chain");
        Store("a", "b");
        Receive("chain", "a");
        Write(new LogLost());
        TellGap("chain", "epoch");
        Store("c");
        Receive("chain", "c");
        Drain("chain");

        CheckReport report = Check();

        Assert.Empty(report.Faults);
        Assert.Equal((1, 1), (report.Gaps, report.ToldMissing));
    }

    [Fact]
    public void A_gap_does_not_cover_what_was_sent_after_it_was_told()
    {
        Open("chain");
        Store("a");
        Receive("chain", "a");
        Write(new LogLost());
        TellGap("chain", "epoch");
        Store("b", "c");
        Receive("chain", "c");

        AssertFault(FaultKind.Lost, "chain", "b");
    }

    [Fact]
    public void A_gap_does_not_cover_what_the_chain_had_passed_before()
    {
        Open("chain");
        Store("a", "b", "c");
        Receive("chain", "a", "c");
        Write(new LogLost());
        TellGap("chain", "epoch");
        Drain("chain");

        AssertFault(FaultKind.Lost, "chain", "b");
    }

    [Fact]
    public void A_hole_explains_an_expired_cursor_from_its_beginning_on_and_none_that_is_younger()
    {
        Open("chain");
        Store("a");
        Receive("chain", "a");
        Write(new LogHole());
        Store("b");
        Receive("chain", "b");
        TellGap("chain", "expired");
        Write(new LogHole());
        Store("c");
        Receive("chain", "c");
        Assert.Empty(Check().Faults);
        TellGap("chain", "expired");

        AssertFault(FaultKind.FalseGap, "chain", "expired");
    }

    [Fact]
    public void What_a_server_left_open_may_be_stored_after_the_last_events_when_nobody_waits_for_it()
    {
        Open("one");
        Open("two");
        Invoke("late");
        Write(new PublishUnknown("late", "status 503: it may be stored or not"));
        Store("end-news-0");
        Receive("one", "end-news-0", "late");
        Receive("two", "end-news-0");
        Drain("one", "two");

        Assert.Empty(Check().Faults);
    }

    [Fact]
    public void What_a_server_left_open_and_was_stored_before_the_last_events_is_owed_to_all()
    {
        Open("one");
        Open("two");
        Invoke("late");
        Write(new PublishUnknown("late", "status 503: it may be stored or not"));
        Receive("one", "late");
        Invoke("end-news-0");
        Drain("one", "two");

        AssertFault(FaultKind.SilentGap, "two", "late");
    }

    [Fact]
    public void A_chain_without_a_cursor_is_owed_nothing_of_a_log_that_is_gone()
    {
        Open("chain");
        Store("a");
        Write(new LogLost());
        Reconnect("chain", "earliest");
        Store("b");
        Receive("chain", "b");
        Drain("chain");

        Assert.Empty(Check().Faults);
    }

    [Fact]
    public void A_chain_that_does_not_ask_for_the_past_is_owed_what_follows_its_first_event()
    {
        Write(new ChainOpened("chain", Topics: null, SeesPrivate: false));
        Write(new Connected("chain", Cursor: null));
        Store("a", "b");
        Receive("chain", "b");
        Store("c");
        Drain("chain");

        AssertFault(FaultKind.Lost, "chain", "c");
    }

    [Fact]
    public void A_private_event_on_a_chain_that_may_not_see_it_is_unauthorised()
    {
        Open("chain");
        Invoke("a", isPrivate: true);
        Receive("chain", "a");

        AssertFault(FaultKind.Unauthorised, "chain", "a");
    }

    [Fact]
    public void A_private_event_is_owed_to_the_chains_that_may_see_it_and_to_no_other()
    {
        Open("public");
        Open("private", seesPrivate: true);
        Invoke("a", isPrivate: true);
        Acknowledge("a");
        Drain("public", "private");

        AssertFault(FaultKind.Lost, "private", "a");
    }
}
