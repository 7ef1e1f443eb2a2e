namespace Bridge.ApiServer.Meta;

/// <summary>metav1.TableColumnDefinition. Priority 0 is always shown, 1 only by <c>kubectl -o wide</c>.</summary>
public sealed record TableColumn(string Name, string Type, string Format, string Description, int Priority);
