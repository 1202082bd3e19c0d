using Tidings.Faults.Tests.Checking;

namespace Tidings.Faults.Tests.FaultBuild;

/// <summary>The proof that the fault tests can fail: each seeded bug is found, and the same run without it is clean.</summary>
public sealed class SeededBugTests
{
    public static TheoryData<string> CheckedBugs => [.. BugCatalogue.All.Where(bug => bug.FoundAs.Length > 0).Select(bug => bug.Name)];

    public static TheoryData<BugScenario> CheckedScenarios => [.. BugCatalogue.All.Where(bug => bug.FoundAs.Length > 0).Select(bug => bug.FoundBy).Distinct()];

    [Theory]
    [MemberData(nameof(CheckedBugs))]
    public async Task A_seeded_bug_is_found_by_the_checker(string name)
    {
        SeededBug bug = BugCatalogue.All.Single(bug => bug.Name == name);

        CheckReport report = await BugScenarios.RunAsync(bug.FoundBy, bug.Name);

        TestContext.Current.TestOutputHelper?.WriteLine(report.ToString());
        Assert.Contains(report.Faults, fault => bug.FoundAs.Contains(fault.Kind));
    }

    [Theory]
    [MemberData(nameof(CheckedScenarios))]
    public async Task Without_a_bug_the_same_run_is_clean(BugScenario scenario)
    {
        CheckReport report = await BugScenarios.RunAsync(scenario, bug: null);

        Assert.True(report.Faults.Count == 0, report.ToString());
    }
}
