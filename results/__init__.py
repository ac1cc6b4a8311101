"""What has been run and what it says: records, tables, verdicts, figures, the page.

What is where, a line an idea; what other rooms call comes first in it:

    records         records, archive, measured, facts, damage, whole_files, agreement, offered, strange
    tables          tables, table_files, checked_parquet, labels, rows, exported, _columns, _names
    claims          claims, contrasts, selections, _claim, _as_json
    verdicts        verdicts, judged, claim_words, statistics, _verdict, _runs, _numbers, _cell_means, _estimates
    and of several  _joint_estimates, _ranks, _test_images
    figures         plots, panels, cells, paper, style, notes, _shown, _figures, _measures, _intervals, _paper
    drawing         _canvas, _draw_bars, _draw_lines, _draw_heatmap, _draw_marks, _draw_references, _nested, _hover
    more pictures   draw_claims, draw_run, sheet, cell_names, _claim_marks, _curves, _draw_curves, _wrapped
    page, README    page, readme, waiting, _page_study, _page_tables, _page_facts, _svg
    LaTeX           latex, _latex, _latex_matrix
    two versions    compare, pairs
    a wrong name    nearest
"""
